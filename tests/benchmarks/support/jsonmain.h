// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <benchmark/benchmark.h>

#include <string_view>
#include <vector>

/// BENCHMARK_MAIN() whose --json means the same as in the other benchmarks.
#define TAPIO_BENCHMARK_MAIN()                                                                                                             \
    int main(int argc, char **argv)                                                                                                        \
    {                                                                                                                                      \
        static char json[] = "--benchmark_format=json";                                                                                    \
        std::vector<char *> arguments(argv, argv + argc);                                                                                  \
        for (char *&argument : arguments)                                                                                                  \
            argument = std::string_view(argument) == "--json" ? json : argument;                                                           \
        benchmark::Initialize(&argc, arguments.data());                                                                                    \
        if (benchmark::ReportUnrecognizedArguments(argc, arguments.data()))                                                                \
            return 1;                                                                                                                      \
        benchmark::RunSpecifiedBenchmarks();                                                                                               \
        benchmark::Shutdown();                                                                                                             \
        return 0;                                                                                                                          \
    }
