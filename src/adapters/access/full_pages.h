// Lists are made page by page before anybody looks at who asks. A page that loses items to that is filled up from the
// pages behind it, so that nobody gets short or empty ones, nor can tell from them how much is hidden.
#pragma once

#include "adapters/access/visible.h"
#include "base/sealed.h"
#include "net/router.h"

namespace treadle::access {

// Takes what may not be read out of the request's own list of the same (Keep::asked). False when nothing is left of one
// that held something: then the answer is an empty one.
bool narrow(const Keep& keep, const MayRead& may_read, net::Request& request);

// `first` is the handler's answer to `request`; other pages are asked for as needed. A total, which counts what is
// hidden, becomes the number of items where all of them are here, and is left out elsewhere.
void fill_page(const Keep& keep, const MayRead& may_read, const net::Handler& handler, const net::Request& request,
               net::Response& first);

// A page token says how far into the list a page begins, and so counts what is hidden: those who do not see everything
// get it sealed, for `owner` only. A request's token is opened in place; kInvalidArgument when it is not one of theirs.
Status open_page_token(const Sealer& sealer, std::string_view owner, net::Request& request);
Status seal_page_token(const Sealer& sealer, std::string_view owner, net::Response& response);

}  // namespace treadle::access
