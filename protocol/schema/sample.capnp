# SPDX-License-Identifier: GPL-3.0-or-later
@0xd5c0a1e8b7f24936;
# Samples, histograms, counters and the state of hooks. Meaning and units: protocol/wire/sample.h and report.h.
# Version 1; what counts as a compatible change is written in event.capnp.

using Cxx = import "/capnp/c++.capnp";
using Event = import "event.capnp";
$Cxx.namespace("tapio::schema");

struct Sample {
  value @0 :Int64;
  origin @1 :UInt32;       # index into SampleBatch.origins
  label @2 :UInt32;        # index into SampleBatch.labels
  metric @3 :UInt16;
}

struct Histogram {
  origin @0 :UInt32;
  label @1 :UInt32;
  kind @2 :UInt8;
  counts @3 :List(UInt64); # exactly 26 in version 1
}

struct SampleBatch {
  timeNs @0 :Int64;
  origins @1 :List(Event.Origin);
  labels @2 :List(Text);   # the first is empty
  samples @3 :List(Sample);
  histograms @4 :List(Histogram);
}

struct SourceCounters {
  source @0 :Text;
  counters @1 :List(UInt64); # in the order of tapio::Counter; a shorter list means zeros, a longer one is a newer peer's
  leftOut @2 :List(UInt64);  # in the order of tapio::FilterCause, alike
}

struct RuleCounters {
  rule @0 :Text;
  counters @1 :List(UInt64); # in the order of tapio::wire::RuleCounters; a shorter list means zeros, a longer one is a newer peer's
}

struct CounterReport {
  timeNs @0 :Int64;
  sources @1 :List(SourceCounters);
  filterGeneration @2 :UInt64;
  rules @3 :List(RuleCounters);
}

struct Hook {
  collector @0 :Text;
  name @1 :Text;
  attachKind @2 :Text;
  reason @3 :Text;
  runTimeNs @4 :UInt64;
  runCount @5 :UInt64;
  state @6 :UInt8;
}

struct HookReport {
  timeNs @0 :Int64;
  hooks @1 :List(Hook);
}
