# berth_init(TARGET): builds berth-init (init/), the static first process of every container, and puts it into TARGET.
# Against musl, because glibc makes a static program twenty times as large.
find_program(MUSL_GCC musl-gcc)
if(NOT MUSL_GCC)
  message(FATAL_ERROR "musl-gcc is missing: apt-get install musl-tools")
endif()

function(berth_init TARGET)
  set(init ${CMAKE_BINARY_DIR}/berth-init)
  add_custom_command(
    OUTPUT ${init}
    COMMAND ${MUSL_GCC} -std=c11 -static -Os -s -Wall -Wextra -Wconversion -Werror -o ${init}
            ${CMAKE_SOURCE_DIR}/init/berth_init.c
    DEPENDS ${CMAKE_SOURCE_DIR}/init/berth_init.c ${CMAKE_SOURCE_DIR}/init/protocol.h
    COMMENT "Building berth-init" VERBATIM)
  set(holder ${CMAKE_SOURCE_DIR}/executor/runtime/docker/init_program.cpp)
  set_source_files_properties(${holder} PROPERTIES OBJECT_DEPENDS ${init} SKIP_PRECOMPILE_HEADERS ON
                              COMPILE_DEFINITIONS "BERTH_INIT_FILE=\"${init}\"")
endfunction()
