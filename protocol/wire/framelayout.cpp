// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/framelayout.h"

#include "protocol/wire/eventlayout.h"
#include "protocol/wire/samplelayout.h"

namespace tapio::wire {

namespace {

struct BodyWriter {
    schema::Frame::Body::Builder to;

    void operator()(const EventBatch &from) { write(to.initEvents(), from); }
    void operator()(const SampleBatch &from) { write(to.initSamples(), from); }
    void operator()(const CounterReport &from) { write(to.initCounters(), from); }
    void operator()(const HookReport &from) { write(to.initHooks(), from); }
};

} // namespace

std::size_t wordsFor(const Frame &from) noexcept
{
    return std::visit([](const auto &body) { return wordsFor(body); }, from.body);
}

void write(schema::Frame::Builder to, const Frame &from)
{
    to.setStreamId(from.streamId);
    to.setFrameSeq(from.frameSeq);
    to.setSealedNs(from.sealedNs);
    std::visit(BodyWriter{to.getBody()}, from.body);
}

Frame read(const LayoutReader &reader, schema::Frame::Reader from)
{
    Frame to;
    to.streamId = from.getStreamId();
    to.frameSeq = from.getFrameSeq();
    to.sealedNs = from.getSealedNs();
    const auto body = from.getBody();
    switch (body.which()) {
    case schema::Frame::Body::NONE: throw Refusal{Errc::Malformed, "a frame without a body"};
    case schema::Frame::Body::EVENTS: to.body = read(reader, body.getEvents()); return to;
    case schema::Frame::Body::SAMPLES: to.body = read(reader, body.getSamples()); return to;
    case schema::Frame::Body::COUNTERS: to.body = read(reader, body.getCounters()); return to;
    case schema::Frame::Body::HOOKS: to.body = read(reader, body.getHooks()); return to;
    }
    throw Refusal{Errc::Unsupported, "frame body " + std::to_string(static_cast<unsigned>(body.which())) + " is not known to this version"};
}

} // namespace tapio::wire
