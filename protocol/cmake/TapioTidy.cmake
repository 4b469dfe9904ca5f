# SPDX-License-Identifier: GPL-3.0-or-later
# The target "tidy": clang-tidy over every source of the product, with the flags it is compiled with. Nothing is compiled, but what moc and
# capnp write is made first, since our sources include it. Included last, when all targets are known.

find_program(TAPIO_RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14 REQUIRED)
set(TAPIO_TIDY_COMMAND "${TAPIO_RUN_CLANG_TIDY}" -quiet -p "${CMAKE_BINARY_DIR}")
if(TAPIO_TIDY_CHECKS)
    list(APPEND TAPIO_TIDY_COMMAND "-checks=${TAPIO_TIDY_CHECKS}")
endif()
add_custom_target(tidy
    COMMAND ${TAPIO_TIDY_COMMAND} "^${PROJECT_SOURCE_DIR}/(protocol|agent|console)/"
    DEPENDS autogen tapio_schema tapio_collectors_skel_header
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" USES_TERMINAL VERBATIM)
