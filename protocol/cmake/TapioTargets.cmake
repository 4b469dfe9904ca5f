# SPDX-License-Identifier: GPL-3.0-or-later
# How every target of the project is built: language level, warnings as errors, include root, sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
# Short steps while developing: optimised enough to be fast, with line tables.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g1")

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# tapio_configure(TARGET): the flags that all our own code is built with.
function(tapio_configure target)
    target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
        -Wextra-semi -Wimplicit-fallthrough -Wcast-qual -Wformat=2 -Wundef -Werror)
    # GCC 12 warns of overlaps inside std::string that cannot be (GCC bug 105651); only when optimising.
    target_compile_options(${target} PRIVATE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>)
    target_compile_definitions(${target} PRIVATE TAPIO_VERSION="${PROJECT_VERSION}")
    if(TAPIO_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${TAPIO_SANITIZE} -fno-omit-frame-pointer)
        if(TAPIO_SANITIZE MATCHES undefined)
            # toml++ 3.3 calls unreachable what any letter beyond ASCII reaches (is_non_ascii_horizontal_whitespace); what GCC 12 and
            # clang 14 make of it answers rightly for all of them.
            target_compile_options(${target} PRIVATE -fno-sanitize=unreachable)
        endif()
        target_link_options(${target} PUBLIC -fsanitize=${TAPIO_SANITIZE})
    endif()
endfunction()

# tapio_add_library(NAME SOURCES ... [LINK ...] [PRIVATE_LINK ...])
function(tapio_add_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    tapio_configure(${name})
    target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# tapio_add_program(NAME SOURCES ... [LINK ...])
function(tapio_add_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    tapio_configure(${name})
    target_link_libraries(${name} PRIVATE ${ARG_LINK})
endfunction()
