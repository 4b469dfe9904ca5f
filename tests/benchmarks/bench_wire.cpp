// SPDX-License-Identifier: GPL-3.0-or-later
// Cost of encoding and decoding per event, and bytes per event, for each format that the codec has or could have.
#include "tests/benchmarks/support/jsonmain.h"

#include <capnp/message.h>
#include <capnp/serialize-packed.h>
#include <capnp/serialize.h>
#include <kj/io.h>

#include "protocol/wire/codec.h"
#include "tests/wire/examples.h"

using namespace tapio::wire;

namespace {

constexpr std::size_t headerBytes = 8;

Message busyFrame(benchmark::State &state) { return Frame{1, 1, 1, examples::busyBatch(static_cast<std::size_t>(state.range(0)))}; }

void count(benchmark::State &state, std::size_t bytes)
{
    const auto events = static_cast<double>(state.range(0));
    state.counters["per_event"] = benchmark::Counter(events, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.counters["bytes_per_event"] = static_cast<double>(bytes) / events;
}

void encodeFrame(benchmark::State &state, EncodeOptions options)
{
    const Message message = busyFrame(state);
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto encoded = encode(message, options);
        bytes = encoded->size();
        benchmark::DoNotOptimize(encoded->data());
    }
    count(state, bytes);
}

void decodeFrame(benchmark::State &state, EncodeOptions options)
{
    const auto encoded = encode(busyFrame(state), options);
    for (auto _ : state) {
        auto message = decode(*encoded);
        benchmark::DoNotOptimize(message);
    }
    count(state, encoded->size());
}

/// What packing would cost on top of the plain format: it is not used, and this says why.
void pack(benchmark::State &state)
{
    const auto encoded = encode(busyFrame(state));
    const auto *words = reinterpret_cast<const capnp::word *>(encoded->data() + headerBytes);
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(words, (encoded->size() - headerBytes) / sizeof(capnp::word)));
    const auto segment = reader.getSegment(0);
    const kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments(&segment, 1);
    std::vector<kj::byte> buffer(encoded->size() * 2);
    std::size_t bytes = 0;
    for (auto _ : state) {
        kj::ArrayOutputStream stream(kj::arrayPtr(buffer.data(), buffer.size()));
        capnp::writePackedMessage(stream, segments);
        bytes = stream.getArray().size();
        benchmark::DoNotOptimize(buffer.data());
    }
    count(state, bytes);
}

void unpack(benchmark::State &state)
{
    const auto encoded = encode(busyFrame(state));
    const auto *words = reinterpret_cast<const capnp::word *>(encoded->data() + headerBytes);
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(words, (encoded->size() - headerBytes) / sizeof(capnp::word)));
    const auto segment = reader.getSegment(0);
    std::vector<kj::byte> buffer(encoded->size() * 2);
    kj::ArrayOutputStream stream(kj::arrayPtr(buffer.data(), buffer.size()));
    capnp::writePackedMessage(stream, kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>(&segment, 1));
    const auto packed = stream.getArray();
    std::vector<capnp::word> scratch(encoded->size() / sizeof(capnp::word));
    for (auto _ : state) {
        kj::ArrayInputStream input(packed);
        const capnp::PackedMessageReader message(input, capnp::ReaderOptions(), kj::arrayPtr(scratch.data(), scratch.size()));
        benchmark::DoNotOptimize(scratch.data());
    }
    count(state, packed.size());
}

} // namespace

BENCHMARK_CAPTURE(encodeFrame, plain, EncodeOptions{false})->Arg(1)->Arg(32)->Arg(256);
BENCHMARK_CAPTURE(decodeFrame, plain, EncodeOptions{false})->Arg(1)->Arg(32)->Arg(256);
BENCHMARK_CAPTURE(encodeFrame, zstd, EncodeOptions{true})->Arg(32)->Arg(256);
BENCHMARK_CAPTURE(decodeFrame, zstd, EncodeOptions{true})->Arg(32)->Arg(256);
BENCHMARK(pack)->Arg(32)->Arg(256);
BENCHMARK(unpack)->Arg(32)->Arg(256);

TAPIO_BENCHMARK_MAIN()
