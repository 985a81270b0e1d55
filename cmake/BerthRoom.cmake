# berth_room(DIR PUBLIC … PRIVATE … [FOLDERS …]): the library of one room, made of every .cpp file in DIR and in the
# named folders below it. Its target's name is DIR with slashes as underscores.

add_library(berth_options INTERFACE)
target_compile_options(berth_options INTERFACE -Wall -Wextra -Wconversion -Werror)
# What gcc 12 gets wrong once it has inlined enough, so not these: it takes the error inside an empty Result<> that a
# coroutine returns for uninitialized, sees a mismatch where only a frame's operator new is inlined, and finds short
# strings copied out of their bounds.
target_compile_options(berth_options INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-array-bounds
                                               -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
# A file that is compiled together with others (CMAKE_UNITY_BUILD) is included, and gcc takes it for a header.
target_compile_options(berth_options INTERFACE -Wno-subobject-linkage)
target_include_directories(berth_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(berth_options INTERFACE BERTH_VERSION="${PROJECT_VERSION}")
target_link_options(berth_options INTERFACE -Wl,--as-needed $<$<CONFIG:Release>:-s>)

option(BERTH_ASAN "Address and undefined-behaviour sanitizers" OFF)
option(BERTH_TSAN "Thread sanitizer" OFF)
if(BERTH_ASAN)
  # Without the checks for null and alignment, which are half of the code and of the time to compile it: a null pointer
  # that is followed ends the process with a stack anyway. Linked at fixed addresses, because gcc leaves a record a check,
  # also of functions that the linker drops, and to relocate millions of those took a second of every start.
  target_compile_options(berth_options INTERFACE -fsanitize=address,undefined -fno-sanitize=null,alignment
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(berth_options INTERFACE -fsanitize=address,undefined $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
elseif(BERTH_TSAN)
  # gcc 12 warns about fences under this sanitizer; Asio's are inside its own headers.
  target_compile_options(berth_options INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(berth_options INTERFACE -fsanitize=thread)
endif()

include(BerthPrecompile)

function(berth_room DIR)
  cmake_parse_arguments(ROOM "" "" "PUBLIC;PRIVATE;FOLDERS" ${ARGN})
  string(REPLACE "/" "_" target ${DIR})
  set(patterns ${DIR}/*.cpp)
  foreach(folder ${ROOM_FOLDERS})
    list(APPEND patterns ${DIR}/${folder}/*.cpp)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  if(NOT sources)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ROOM_PUBLIC})
    return()
  endif()
  add_library(${target} STATIC ${sources})
  target_link_libraries(${target} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE} berth_options)
  # Pure rooms must not find Asio in scope without asking for it, so theirs is the small set.
  if(target MATCHES "_(base|model|codec|core|runtime)$")
    berth_precompile(${target} pure)
  else()
    berth_precompile(${target} io)
  endif()
endfunction()
