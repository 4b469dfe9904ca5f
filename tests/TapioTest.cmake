# SPDX-License-Identifier: GPL-3.0-or-later

# tapio_add_test(tst_NAME SOURCES ... [LINK ...] [PRIVILEGED] [TIMEOUT seconds] [LABELS ...] [SERIAL])
# One Qt Test executable per class. PRIVILEGED tests need root or capabilities: they run one at a time, carry the label
# "privileged", and QSKIP with a reason where the machine does not allow them; ctest shows a test as skipped when all of it was.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
function(tapio_add_test name)
    cmake_parse_arguments(ARG "PRIVILEGED;SERIAL" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    tapio_configure(${name})
    target_link_libraries(${name} PRIVATE ${ARG_LINK} Qt6::Core Qt6::Test)
    if(ARG_PRIVILEGED)
        add_test(NAME ${name} COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/privileged.py" $<TARGET_FILE:${name}>)
    else()
        add_test(NAME ${name} COMMAND ${name})
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    if(TAPIO_SANITIZE)
        math(EXPR ARG_TIMEOUT "8 * ${ARG_TIMEOUT}")   # what a sanitizer may cost, on a busy machine
        math(EXPR functionTimeout "1000 * ${ARG_TIMEOUT}")
        set(slower ";QTEST_FUNCTION_TIMEOUT=${functionTimeout}")
    endif()
    set(labels ${ARG_LABELS})
    if(ARG_PRIVILEGED)
        list(APPEND labels privileged)
        set_tests_properties(${name} PROPERTIES RESOURCE_LOCK kernel SKIP_RETURN_CODE 77)
    endif()
    if(ARG_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${ARG_TIMEOUT} LABELS "${labels}"
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8;TZ=UTC;TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:die_after_fork=0${slower}")
endfunction()
