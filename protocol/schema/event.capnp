# SPDX-License-Identifier: GPL-3.0-or-later
@0xb81d3fa0a66c1e52;
# Events as they travel, and the places they happened at. The meaning and unit of each field is documented once, beside the
# value types in protocol/wire/details.h, insight.h, event.h and origin.h; this file fixes only the layout.
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
  workloadKind @8 :Text;
  workloadName @9 :Text;
  image @10 :Text;
  imageId @11 :Text;
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
    dns @16 :DnsQuery;
    http @17 :HttpRequest;
    fileFailure @18 :FileFailure;
    capabilityUse @19 :CapabilityUse;
    privilegeGain @20 :PrivilegeGain;
    ptraceAttach @21 :PtraceAttach;
    moduleLoad @22 :ModuleLoad;
    mount @23 :Mount;
    login @24 :Login;
    kernelLog @25 :KernelLog;
    agentNotice @26 :AgentNotice;
    drillLabel @27 :DrillLabel;
    memoryEvents @28 :MemoryEvents;
    pressureStall @29 :PressureStall;
    insight @30 :Insight;
    kubernetesFact @31 :KubernetesFact;
    tlsFailure @33 :TlsFailure;
  }

  heldSeconds @32 :UInt8;
}

struct ProcessExec {
  parentPid @0 :UInt32;
  argumentsTruncated @1 :Bool;
  parentComm @2 :Text;
  filename @3 :Text;
  arguments @4 :List(Text);
  fileModifiedNs @5 :Int64;
  writtenAfterStart @6 :Bool;
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
  more @16 :UInt32;
}

struct DnsQuery {
  serverHigh @0 :UInt64;
  serverLow @1 :UInt64;
  latencyNs @2 :UInt64;
  attempts @3 :UInt32;
  serverPort @4 :UInt16;
  queryType @5 :UInt16;
  responseCode @6 :UInt16;
  answers @7 :UInt16;
  outcome @8 :UInt8;
  tcp @9 :Bool;
  truncated @10 :Bool;
  name @11 :Text;
  more @12 :UInt32;
}

struct HttpRequest {
  localHigh @0 :UInt64;
  localLow @1 :UInt64;
  remoteHigh @2 :UInt64;
  remoteLow @3 :UInt64;
  latencyNs @4 :UInt64;
  requestBytes @5 :UInt64;
  responseBytes @6 :UInt64;
  localPort @7 :UInt16;
  remotePort @8 :UInt16;
  status @9 :UInt16;
  direction @10 :UInt8;
  pipelined @11 :Bool;
  tls @12 :Bool;
  aborted @13 :Bool;
  method @14 :Text;
  target @15 :Text;
  route @16 :Text;
  host @17 :Text;
}

struct FileFailure {
  error @0 :Int32;
  flags @1 :UInt32;
  repeats @2 :UInt32;
  path @3 :Text;
  operation @4 :Text;
  limit @5 :UInt64;
  limitIsInodes @6 :Bool;
  left @7 :UInt64;
}

struct CapabilityUse {
  repeats @0 :UInt32;
  capability @1 :UInt8;
  granted @2 :Bool;
}

struct PrivilegeGain {
  gainedCapabilities @0 :UInt64;
  oldUid @1 :UInt32;
  newUid @2 :UInt32;
  oldEuid @3 :UInt32;
  newEuid @4 :UInt32;
  oldGid @5 :UInt32;
  newGid @6 :UInt32;
  how @7 :Text;
  filename @8 :Text;
}

struct PtraceAttach {
  request @0 :Int64;
  targetPid @1 :UInt32;
  error @2 :Int32;
  targetComm @3 :Text;
}

struct ModuleLoad {
  taints @0 :UInt64;
  name @1 :Text;
}

struct Mount {
  flags @0 :UInt64;
  error @1 :Int32;
  unmount @2 :Bool;
  source @3 :Text;
  target @4 :Text;
  fsType @5 :Text;
}

struct Login {
  repeats @0 :UInt32;
  success @1 :Bool;
  user @2 :Text;
  method @3 :Text;
  service @4 :Text;
  remote @5 :Text;
}

struct KernelLog {
  sequence @0 :UInt64;
  priority @1 :UInt8;
  facility @2 :UInt8;
  text @3 :Text;
}

struct AgentNotice {
  measured @0 :Int64;
  limit @1 :Int64;
  kind @2 :UInt8;
  what @3 :Text;
  text @4 :Text;
  unit @5 :Text;
}

struct DrillLabel {
  fromNs @0 :Int64;
  toNs @1 :Int64;
  runId @2 :UInt64;
  drill @3 :Text;
  target @4 :Text;
  phase @5 :Text;
  signature @6 :Data;
}

struct MemoryEvents {
  low @0 :UInt64;
  high @1 :UInt64;
  max @2 :UInt64;
  oom @3 :UInt64;
  oomKill @4 :UInt64;
  oomGroupKill @5 :UInt64;
  currentBytes @6 :UInt64;
  limitBytes @7 :UInt64;
  underOom @8 :Bool;
  cacheBytes @9 :UInt64;
}

struct PressureStall {
  thresholdUs @0 :UInt64;
  windowUs @1 :UInt64;
  stallUs @2 :UInt64;
  durationNs @3 :UInt64;
  avg10BasisPoints @4 :UInt32;
  resource @5 :UInt8;
  full @6 :Bool;
  ended @7 :Bool;
}

struct Insight {
  id @0 :UInt64;
  fromNs @1 :Int64;
  toNs @2 :Int64;
  evidenceCount @3 :UInt64;
  state @4 :UInt8;
  rootKind @5 :UInt8;
  score @6 :UInt8;
  rule @7 :Text;
  root @8 :Text;
  text @9 :Text;
  evidence @10 :List(Text);
  contradicting @11 :List(Text);
  affected @12 :List(Text);
  settle @13 :Text;
  runbook @14 :Text;
  owners @15 :List(Text);
}

struct KubernetesFact {
  notAfterNs @0 :Int64;
  leftNs @1 :Int64;
  kind @2 :UInt8;
  resource @3 :Text;
  message @4 :Text;
  source @5 :Text;
  volume @6 :Text;
  file @7 :Text;
  subject @8 :Text;
  node @9 :Text;
  reason @10 :Text;
  sinceNs @11 :Int64;
}

struct TlsFailure {
  localHigh @0 :UInt64;
  localLow @1 :UInt64;
  remoteHigh @2 :UInt64;
  remoteLow @3 :UInt64;
  localPort @4 :UInt16;
  remotePort @5 :UInt16;
  direction @6 :UInt8;
  alert @7 :UInt8;
  sent @8 :Bool;
}

struct OriginAmendment {
  firstSeq @0 :UInt64;
  lastSeq @1 :UInt64;
  was @2 :UInt32;          # indexes into EventBatch.origins
  told @3 :UInt32;
  now @4 :UInt32;
  events @5 :UInt32;
}

struct EventBatch {
  firstSeq @0 :UInt64;
  origins @1 :List(Origin);
  events @2 :List(Event);
  seqOffsets @3 :List(UInt32);
  amendments @4 :List(OriginAmendment);
}
