# SPDX-License-Identifier: GPL-3.0-or-later
# Kernel programs: each source to BPF by clang, linked into one object (stripped of what only a debugger wants), and that
# into a C skeleton. Needs neither kernel headers nor BTF on the building machine.

find_program(TAPIO_BPF_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 REQUIRED)
find_program(TAPIO_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET GLOBAL libbpf>=1.1)
execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-multiarch OUTPUT_VARIABLE TAPIO_MULTIARCH OUTPUT_STRIP_TRAILING_WHITESPACE)

# tapio_add_skeleton(TARGET NAME name INCLUDE folder SOURCES a.bpf.c ...): an interface library with name.skel.h.
function(tapio_add_skeleton target)
    cmake_parse_arguments(ARG "" "NAME;INCLUDE" "SOURCES" ${ARGN})
    set(out "${CMAKE_CURRENT_BINARY_DIR}/${target}")
    file(MAKE_DIRECTORY "${out}")
    file(GLOB headers CONFIGURE_DEPENDS "${ARG_INCLUDE}/*.h")
    foreach(source IN LISTS ARG_SOURCES)
        get_filename_component(base "${source}" NAME_WLE)
        add_custom_command(
            OUTPUT "${out}/${base}.o"
            COMMAND "${TAPIO_BPF_CLANG}" -target bpf -mcpu=v3 -g -O2 -std=gnu11 -Wall -Wextra -Wno-unused-parameter
                    -Wno-pointer-arith -Werror "-fdebug-prefix-map=${PROJECT_SOURCE_DIR}=." -I "${ARG_INCLUDE}"
                    -idirafter "/usr/include/${TAPIO_MULTIARCH}" -c "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${out}/${base}.o"
            DEPENDS "${source}" ${headers}
            COMMENT "BPF ${source}" VERBATIM)
        list(APPEND objects "${out}/${base}.o")
    endforeach()
    add_custom_command(
        OUTPUT "${out}/${ARG_NAME}.skel.h"
        COMMAND "${TAPIO_BPFTOOL}" gen object "${out}/${ARG_NAME}.linked" ${objects}
        COMMAND "${TAPIO_BPFTOOL}" gen skeleton "${out}/${ARG_NAME}.linked" name ${ARG_NAME} > "${out}/${ARG_NAME}.skel.h"
        DEPENDS ${objects}
        COMMENT "BPF skeleton ${ARG_NAME}" VERBATIM)
    add_custom_target(${target}_header DEPENDS "${out}/${ARG_NAME}.skel.h")
    add_library(${target} INTERFACE)
    add_dependencies(${target} ${target}_header)
    target_include_directories(${target} SYSTEM INTERFACE "${out}")
    target_link_libraries(${target} INTERFACE PkgConfig::LIBBPF)
endfunction()
