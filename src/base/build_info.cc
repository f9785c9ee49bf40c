#include "base/build_info.h"

#include <elf.h>
#include <link.h>

#include <cstring>

#include "base/strings.h"

namespace treadle {
namespace {

std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

// The build id among the notes of one segment: {name size, content size, type, name, content}, each padded to 4 bytes.
std::string find_build_id(const char* notes, std::size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes, sizeof header);
    const std::size_t name = sizeof header, content = name + padded(header.n_namesz);
    const std::size_t next = content + padded(header.n_descsz);
    if (next > size) break;
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 && std::memcmp(notes + name, "GNU", 4) == 0) {
      return hex_encode(std::string_view(notes + content, header.n_descsz));
    }
    notes += next;
    size -= next;
  }
  return {};
}

// The program itself comes first.
int visit(dl_phdr_info* program, std::size_t, void* out) {
  auto& id = *static_cast<std::string*>(out);
  for (int i = 0; i < program->dlpi_phnum && id.empty(); ++i) {
    const ElfW(Phdr)& segment = program->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // The address of a segment is a number in ELF's tables.
    const auto* notes =
        reinterpret_cast<const char*>(program->dlpi_addr + segment.p_vaddr);  // NOLINT(performance-no-int-to-ptr)
    id = find_build_id(notes, segment.p_memsz);
  }
  return 1;
}

}  // namespace

const std::string& build_id() {
  static const std::string id = [] {
    std::string found;
    dl_iterate_phdr(visit, &found);
    return found;
  }();
  return id;
}

}  // namespace treadle
