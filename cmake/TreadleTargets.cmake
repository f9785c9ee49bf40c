# One target per folder: `treadle_library(tracking DEPS ...)` compiles every *.cc beside it except *_test.cc, which become
# the test program `tracking_test`.
# A folder sees only the targets it names, so a wrong include fails to link.
include(GoogleTest)

add_library(treadle_flags INTERFACE)
target_compile_options(treadle_flags INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor
  -Wno-missing-field-initializers -Wno-maybe-uninitialized -Werror)
target_include_directories(treadle_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_link_options(treadle_flags INTERFACE -Wl,--build-id=sha1)  # base/build_info.h
if(TREADLE_SANITIZE)
  target_compile_options(treadle_flags INTERFACE -fsanitize=${TREADLE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(treadle_flags INTERFACE -fsanitize=${TREADLE_SANITIZE})
  # GCC says itself that sanitizers make this warning unreliable; the plain builds keep it.
  target_compile_options(treadle_flags INTERFACE -Wno-maybe-uninitialized)
  if(TREADLE_SANITIZE STREQUAL "thread")
    # Asio's fences stand beside locks that it does see; the other one takes a Status on the stack for one on the heap.
    target_compile_options(treadle_flags INTERFACE -Wno-tsan -Wno-free-nonheap-object)
  endif()
  if(TREADLE_SANITIZE STREQUAL "address")
    target_compile_options(treadle_flags INTERFACE -fsanitize=undefined -fno-sanitize-recover=undefined)
    target_link_options(treadle_flags INTERFACE -fsanitize=undefined)
  endif()
endif()

find_program(TREADLE_MOLD mold)
if(TREADLE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(TREADLE_CCACHE ccache)
if(TREADLE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${TREADLE_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TREADLE_CCACHE}")
endif()

function(treadle_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;PRIVATE;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC treadle_flags ${ARG_DEPS} PRIVATE ${ARG_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE treadle_flags ${ARG_DEPS})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_DEPS} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
  endif()
endfunction()
