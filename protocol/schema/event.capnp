# SPDX-License-Identifier: GPL-3.0-or-later
@0xb81d3fa0a66c1e52;
# Events as they travel, and the places they happened at. The meaning and unit of each field is documented once, beside the
# value types in protocol/wire/event.h and origin.h; this file fixes only the layout.
#
# Version 1. Compatible changes: new fields at the end of a struct, new members of a union, new numbers of an enumeration
# (kept as plain integers, so that an unknown number survives). Anything else needs a new format byte (protocol/wire/codec.h).

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tapio::schema");

struct Origin {
  cgroupId @0 :UInt64;
  cgroupPath @1 :Text;
  containerId @2 :Text;
  containerName @3 :Text;
  podUid @4 :Text;
  podName @5 :Text;
  namespaceName @6 :Text;
  attribution @7 :UInt8;
}

struct Event {
  timeNs @0 :Int64;
  startTimeNs @1 :UInt64;    # of the process
  drainUs @2 :UInt32;
  origin @3 :UInt32;         # index into EventBatch.origins
  pid @4 :UInt32;
  uid @5 :UInt32;
  type @6 :UInt16;
  cpu @7 :UInt16;
  severity @8 :UInt8;
  comm @9 :Text;             # inline: most are shorter than an index and its table would be

  detail :union {
    none @10 :Void;          # also what a reader sees of a member that it does not know
    exec @11 :ProcessExec;
    exit @12 :ProcessExit;
    oomKill @13 :OomKill;
    fatalSignal @14 :FatalSignal;
    tcp @15 :TcpConnection;
  }
}

struct ProcessExec {
  parentPid @0 :UInt32;
  argumentsTruncated @1 :Bool;
  parentComm @2 :Text;
  filename @3 :Text;
  arguments @4 :List(Text);
}

struct ProcessExit {
  exitCode @0 :Int32;
  signal @1 :Int32;
  durationNs @2 :UInt64;
  killerPid @3 :UInt32;
  coreDumped @4 :Bool;
  killerComm @5 :Text;
}

struct OomKill {
  triggerPid @0 :UInt32;
  oomScoreAdj @1 :Int32;
  totalVmBytes @2 :UInt64;
  anonRssBytes @3 :UInt64;
  fileRssBytes @4 :UInt64;
  shmemRssBytes @5 :UInt64;
  pageTableBytes @6 :UInt64;
  triggerComm @7 :Text;
}

struct FatalSignal {
  signal @0 :Int32;
  code @1 :Int32;
  senderPid @2 :UInt32;
  senderComm @3 :Text;
}

# Addresses as two halves in network order of significance: high is bytes 0 to 7, big-endian.
struct TcpConnection {
  localHigh @0 :UInt64;
  localLow @1 :UInt64;
  remoteHigh @2 :UInt64;
  remoteLow @3 :UInt64;
  durationNs @4 :UInt64;
  connectLatencyNs @5 :UInt64;
  bytesSent @6 :UInt64;
  bytesReceived @7 :UInt64;
  srttUs @8 :UInt32;
  retransmits @9 :UInt32;
  socketError @10 :Int32;
  localPort @11 :UInt16;
  remotePort @12 :UInt16;
  direction @13 :UInt8;
  outcome @14 :UInt8;
  established @15 :Bool;
}

struct EventBatch {
  firstSeq @0 :UInt64;
  origins @1 :List(Origin);
  events @2 :List(Event);
  seqOffsets @3 :List(UInt32);
}
