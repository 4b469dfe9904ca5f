# SPDX-License-Identifier: GPL-3.0-or-later
@0xf2b96d4c8e0a5713;
# The session protocol: one Message per frame of the transport. Who sends what, and every field's meaning:
# protocol/wire/message.h. Version 1; what counts as a compatible change is written in event.capnp.

using Cxx = import "/capnp/c++.capnp";
using Event = import "event.capnp";
using Sample = import "sample.capnp";
$Cxx.namespace("tapio::schema");

struct Message {
  union {
    unset @0 :Void;        # an empty message is not a Hello
    hello @1 :Hello;
    welcome @2 :Welcome;
    frame @3 :Frame;
    ack @4 :Ack;
    heartbeat @5 :Heartbeat;
    heartbeatReply @6 :HeartbeatReply;
    subscribe @7 :Subscribe;
    filter @8 :Filter;
    delivery @9 :Delivery;
    agentState @10 :AgentState;
    linkNotice @11 :LinkNotice;
    bye @12 :Bye;
    filterRequest @13 :FilterRequest;
    filterReply @14 :FilterReply;
  }
}

struct AgentInfo {
  version @0 :Text;
  kernelRelease @1 :Text;
  bootId @2 :Text;
  cpuCount @3 :UInt32;
  pid @4 :UInt32;
  memoryTotalBytes @5 :UInt64;
  configSha256 @6 :Text;
}

struct Hello {
  versionMin @0 :UInt16;
  versionMax @1 :UInt16;
  role @2 :UInt8;
  name @3 :Text;
  streamId @4 :UInt64;
  nextFrameSeq @5 :UInt64;
  producedEvents @6 :UInt64;
  droppedEvents @7 :UInt64;
  capabilities @8 :List(Text);
  agent @9 :AgentInfo;
}

struct Welcome {
  version @0 :UInt16;
  sessionId @1 :UInt64;
  creditBytes @2 :UInt64;
  ackedFrameSeq @3 :UInt64;
  capabilities @4 :List(Text);
}

struct Frame {
  streamId @0 :UInt64;
  frameSeq @1 :UInt64;
  sealedNs @2 :Int64;
  body :union {
    none @3 :Void;         # refused
    events @4 :Event.EventBatch;
    samples @5 :Sample.SampleBatch;
    counters @6 :Sample.CounterReport;
    hooks @7 :Sample.HookReport;
  }
}

struct Ack {
  node @0 :Text;
  streamId @1 :UInt64;
  frameSeq @2 :UInt64;
}

struct Heartbeat {
  id @0 :UInt64;
  sentNs @1 :Int64;
  offsetNs @2 :Int64;
  uncertaintyNs @3 :Int64 = -1;
  producedEvents @4 :UInt64;
  droppedEvents @5 :UInt64;
  queuedEvents @6 :UInt64;
  inFlightEvents @7 :UInt64;
  oldestNs @8 :Int64;
}

struct HeartbeatReply {
  id @0 :UInt64;
  sentNs @1 :Int64;
  receivedNs @2 :Int64;
  repliedNs @3 :Int64;
  droppedEvents @4 :UInt64;
}

struct EventFilter {
  types @0 :List(UInt16);
  minSeverity @1 :UInt8;
  nodes @2 :List(Text);
  namespaces @3 :List(Text);
  pods @4 :List(Text);
  detail @5 :Bool;
}

struct ResumePoint {
  node @0 :Text;
  streamId @1 :UInt64;
  frameSeq @2 :UInt64;
}

struct Subscribe {
  epoch @0 :UInt32;
  samples @1 :Bool = true;
  reports @2 :Bool = true;
  filter @3 :EventFilter;
  resume @4 :List(ResumePoint);
}

struct Filter {
  epoch @0 :UInt32;
  any @1 :List(EventFilter);
}

struct Delivery {
  node @0 :Text;
  receivedNs @1 :Int64;
  clockOffsetNs @2 :Int64;
  clockUncertaintyNs @3 :Int64 = -1;
  frame @4 :Frame;
}

struct StreamLoss {
  gapFrames @0 :UInt64;
  droppedEvents @1 :UInt64;
  transitEvents @2 :UInt64;
  duplicateFrames @3 :UInt64;
  consoleEvents @4 :UInt64;
}

struct AgentState {
  node @0 :Text;
  state @1 :UInt8;
  sessions @2 :UInt32;
  sinceNs @3 :Int64;
  lastHeartbeatNs @4 :Int64;
  remoteAddress @5 :Text;
  certificateSerial @6 :Text;
  certificateExpiresNs @7 :Int64;
  streamId @8 :UInt64;
  agent @9 :AgentInfo;
  heartbeat @10 :Heartbeat;
  receivedEvents @11 :UInt64;
  receivedFrames @12 :UInt64;
  receivedBytes @13 :UInt64;
  loss @14 :StreamLoss;
  saidBye @15 :Bool;   # not told by servers of before
  toldNs @16 :Int64;
}

struct LinkNotice {
  timeNs @0 :Int64;
  kind @1 :UInt8;
  repeated @2 :UInt32 = 1;
  remoteAddress @3 :Text;
  identity @4 :Text;
  code @5 :Text;
  reason @6 :Text;
}

struct Bye {
  code @0 :Text;
  reason @1 :Text;
  reconnectAfterMs @2 :UInt32;
}

struct FilterRequest {
  id @0 :UInt64;
  node @1 :Text;
  requestedBy @2 :Text;
  rules @3 :Text;
}

struct FilterReply {
  id @0 :UInt64;
  generation @1 :UInt64;
  applied @2 :Bool;
  node @3 :Text;
  code @4 :Text;
  reason @5 :Text;
  filterSha256 @6 :Text;
  configSha256 @7 :Text;
  rules @8 :Text;
}
