// Runs the benchmarks; `bench --benchmark_filter=B0` runs one row of the table of goals.
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
