<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>ComputationView</name>
    <message>
        <source>+ %1 more</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console</name>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>List</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>General</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text: at most %1 characters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pid: &apos;%1&apos; is no whole number from 1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2 bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (pid %2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> … (cut after 512 bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exit code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the kernel, or not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Core dumped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ran for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out of memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Triggered by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anonymous memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shared memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Page tables</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Virtual memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>oom_score_adj</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fatal signal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>si_code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the kernel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>outbound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>inbound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TCP connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Local</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remote</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Direction</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Socket error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Established</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lasted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect latency</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent, acknowledged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Round trip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>never measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retransmits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Payload</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known to this version: a newer agent sent it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Origin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Identity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pod</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pod UID</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Container</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Container id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cgroup</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cgroup id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>host</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Event</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Severity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Summary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kernel to agent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Process</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>uid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Started</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 after boot</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Record</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sequence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2 ago)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not yet measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uncertainty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What this agent sees</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, %1 ns per run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Since</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last heartbeat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stream</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Serial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expires</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Produced</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 in %2 frames, %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queued on the node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent, not confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Oldest waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss by cause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost in the kernel&apos;s ring</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shed by the overhead budget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dropped by the agent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost on the way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frames missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Duplicate frames</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (not lost)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kernel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Boot id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none verified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stands for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 attempts within a second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The console is not listening for agents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No link to the server %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is tried again until it works.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is tried again; the last error was:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No data: no agent has connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This console listens on %1. To see this machine: make a certificate for it, then start the agent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server %1 knows no agent yet. Make a certificate where the authority is, copy its folder to the node, and start the agent there. NAME stands for the node&apos;s host name in small letters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>events/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>events</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>packets/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cores</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>per hour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>per second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>d</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>inferred</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>silent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>active</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unsupported</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>denied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>disabled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>debug</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>info</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>notice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>warning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>critical</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TLS 1.3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not listening</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No link to %1 yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>listening · no agent yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>connected · no agent yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>connected · %1 of %2 agents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>listening · %1 of %2 agents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agents connect to %1 in mutual TLS 1.3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connected to the server %1 in mutual TLS 1.3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Silent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 for %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 agents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No heartbeat; longest: %1, for %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss 1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No event was lost in the last minute, by any cause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 events were lost in the last minute</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Widest uncertainty of an agent&apos;s clock: %1 on %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Store</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events on disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, %2 to %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 %2 to %3 %4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last 15 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last 1 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last 6 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last 24 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;%1&apos; is no time; write 14:05, 2026-03-01 14:05, now or -2h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The range ends before it begins</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The range begins in the future</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The range is shorter than 10 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The range is longer than 400 days</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::AgentsModel</name>
    <message>
        <source>not measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Since %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expires %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 queued on the node, %2 sent and not confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events in %2 frames, %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost in the kernel&apos;s ring: %1
Shed by the overhead budget: %2
Dropped by the agent: %3
Lost on the way: %4
Frames missing: %5
Duplicate frames (not lost): %6</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server&apos;s clock minus the node&apos;s, and half the round trip it was measured with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clock offset (ns)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Since</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clock offset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cert. ends in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Serial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stream</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agent</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::CommandPalette</name>
    <message>
        <source>Command palette</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages, commands, times, nodes, pods · &gt; commands · @ nodes and pods · ? help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search or run a command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing matches “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n match(es) · Enter runs · Esc closes</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::ComputationView</name>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Samples (n)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Completeness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Newest reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sources</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How this is computed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Just now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Beside it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::ConnectionsPage</name>
    <message>
        <source>Agents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter agents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accepted, refused and closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter by address, identity, code or reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details of the chosen connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the chosen rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export these connections…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing matches “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No agent of that name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The node chosen above has no agent here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No connection yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each one that is accepted, refused or closed is listed here with its reason.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all rows…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) written to %1</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Export failed: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connections</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::ContextBar</name>
    <message>
        <source>Drawer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All namespaces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Namespace: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No agent is known yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No pod was seen yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search or run a command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search or run a command (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawer (%1)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::DetailView</name>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::Drawer</name>
    <message>
        <source>How a panel&apos;s figure is computed appears here: focus a panel and choose ƒ.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details of a chosen row appear here: select an event or a connection.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How computed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the drawer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let the drawer float over the page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dock the drawer beside the page</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::EventFilterBar</name>
    <message>
        <source>Clear the filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text in event, command, pod or container</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pod, exact name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All types</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 types</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Any severity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 and above</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Oldest first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Turn the order round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the order of time</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::EventsModel</name>
    <message>
        <source>Time (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Severity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Event</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Entity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Identity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pid</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::EventsPage</name>
    <message>
        <source>%1 events</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events written to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export failed: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click to sort; the third click goes back to the order of time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go to the newest and follow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details of the chosen event</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the chosen events as text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the chosen events as JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export these events…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sort the events…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Read again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The events could not be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From the store of this console, at %1:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading events from the store</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 events looked at, %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>newest first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>oldest first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading was cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No event matches the filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time range: %1. Node and namespace in the bar above count too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No data: no event in this time range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time range: %1. Agents are known, but none of them reported an event in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the last 24 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1+ new</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 new</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The list stands still. Click to see what is new and to follow.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The sorted list stands still. Click to read it again with what is new.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events loaded, more as you scroll</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>All %1 events, sorted by %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only the newest %1 of more events, sorted by %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only the oldest %1 of more events, sorted by %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no loss known in this range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stale: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on the way in this range: the list is incomplete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exporting: %1 events, %2 % of the range</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) copied as JSON</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) copied as text</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Copy as text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only pod %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only pid %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON lines (*.jsonl)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export these events</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::FigurePainter</name>
    <message>
        <source>+ %1 more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2, %3 of %4 hooks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attribution</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Completeness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hooks attached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attribution %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hooks %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wilson 95 % interval: %1 to %2 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>n %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 verdicts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dot estimate · band Wilson 95 % · tick alert</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No correlation is open</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::FullPanelView</name>
    <message>
        <source>Overview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to all panels (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the figures as a table (T)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the value with its unit and time (C)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as an image or as data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image (PNG)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawing (SVG)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data (CSV)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table of this panel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 older rows are not shown here; the CSV export has them all</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::KeyDialog</name>
    <message>
        <source>Change a key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press the keys for “%1”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” has this key, or one that begins with it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::KeyHint</name>
    <message>
        <source>What may follow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::KeyOverlay</name>
    <message>
        <source>Keys of this page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Esc closes · Settings, Keyboard changes them</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::KeyboardSettings</name>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter actions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the standard key</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::KeysModel</name>
    <message>
        <source>Group</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Action</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::MainWindow</name>
    <message>
        <source>Go to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 – Tapio</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search or run a command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the keys of this page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the topmost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter this page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open or close the drawer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause or go on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back by one range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forward by one range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom in on the range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom out of the range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset the range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Custom time range…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Switch between UTC and local time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scale %1 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Switch between dark and light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Normal size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pod</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pod in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find commands, pages and times only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find nodes and pods only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Tapio</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::NoticesModel</name>
    <message>
        <source>none verified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time (UTC)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Identity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repeated</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::OverviewPage</name>
    <message>
        <source>Image (*.png)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawing (*.svg)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: show as a table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: copy the value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: how it is computed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: export as image (PNG)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: export as drawing (SVG)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Panel: export data (CSV)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crosshair: one bucket back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crosshair: one bucket forward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crosshair: ten buckets back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crosshair: ten buckets forward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not saved: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Overview</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::OverviewView</name>
    <message>
        <source>Full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How this is computed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export as image (PNG)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export as drawing (SVG)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export data (CSV)…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PaletteModel</name>
    <message>
        <source>recent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recent · %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PanelExport</name>
    <message>
        <source>%1 to %2 %3</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PanelHeader</name>
    <message>
        <source>%1 lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events were lost in this range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, most of them on %1 %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stale %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The newest reading is %1 old</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>partial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 silent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No heartbeat for 30 s or more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scale up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scale down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>past its bound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No data</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PanelTableModel</name>
    <message>
        <source>no data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attribution</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Completeness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hooks attached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State or pod</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pods, or state</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Since</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hooks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Estimate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wilson 95 % from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verdicts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Alert bound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Severity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rule</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Entity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>below %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no sample</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PanelText</name>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>steady</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rising</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>falling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the store</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No figure came with this range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No agent has connected yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect an agent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing measured in this range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the last 24 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A rate needs two readings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 s measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No correlation in this version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>so no insight to count or judge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Too few verdicts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 verdicts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No pod runs on a connected node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect a node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody did anything here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>0 actions recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The source cannot be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The store cannot be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Increase of “processed” divided by the measured time between two readings, added up over all nodes and sources. A counter that was reset is recognised and never gives a negative rate. Received and lost events are drawn on the same chart.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time at which the console finished an event, minus its kernel timestamp, corrected by the node’s clock offset (four-timestamp exchange on the heartbeat). Kept in a histogram from 1 µs to 120 s; p50, p95 and p99 over 10 s. The alert compares p99 with 5 s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events in the agents’ queues, plus events sent and not yet acknowledged, plus events in the receive queues. “Rising” is a positive slope over 5 min. Above 1000 for a while: scale up; below 100 for a while: scale down.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(Dropped by a rule in the kernel + folded into a kernel map + dropped by a rule in user space) divided by seen, over 1 min. Events that were lost, shed or dropped from a full queue are never counted as efficiency: they are drawn as a share of their own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signal divided by (signal + noise), over forwarded events older than the longest rule window. Signal: used as evidence by an insight that was not rejected, or of severity warning and above and not a duplicate. Judged from 1000 events on; alert below 95 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drill: (true positives + true negatives) divided by all labelled scenarios; a true positive has the right rule and the right root entity inside the window. Field: confirmed divided by (confirmed + rejected) verdicts of 30 days, with Wilson 95 % bounds; no data below 20 verdicts. Alert below 98 % on drill, or when the field’s upper bound is below 98 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field: rejected divided by (confirmed + rejected) verdicts, which is a false discovery rate. Drill: false positives divided by (false positives + true negatives) on labelled quiet windows. Alert above 2 %; in the field, when its lower bound is above 2 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(Agents with a heartbeat within 30 s divided by nodes) times the mean of (attached hooks divided by wanted hooks). Attribution: events resolved to a pod divided by container events. Completeness: 1 − (lost + shed + dropped) divided by seen.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pods by the worst state that holds for each. Where the Kubernetes API is not asked, pods are counted as the nodes see them: their control groups, log folders, and the kernel’s out-of-memory and exit events of the last hour. Crash loop: three restarts in 30 min.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Increase of the control group’s CPU time divided by the measured time, in cores; percent of the limit, or of what the node can allocate. Beside it the share of throttled periods and the pressure (PSI). Alert above 80 % for 15 min; scale up above 70 % for 1 h; scale down below 30 % for 4 h.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Working set: current memory minus inactive file pages, in bytes and as percent of the limit, or of the node; with its slope and the time until the limit is reached. Alert above 90 % for 10 min; scale up above 80 % for 30 min; scale down below 50 % for 2 h. Disks alert above 85 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Increase of received and sent bytes divided by the measured time, per pod and node; received upwards, sent downwards. Beside it packets, retransmits, failed connections and drops per second, and apart the agents’ own traffic to the console.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open groups: the last evidence is younger than the rule’s lifetime, and nobody resolved or rejected them. By rule and severity, with the oldest age.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New insights per hour, without duplicates: two with the same rule, root entity and cooldown window are one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Operator actions per hour from the audit log, by kind: acknowledge, silence, verdict, runbook step, command, export, query, incident update.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Duration of agent calls, Kubernetes API calls and the console’s own queries, by operation and status, as a histogram; p50, p95 and p99 over 10 s, and the share of errors. Bounds: a query 5 s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>past its threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>partial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>received %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 min average %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Average of 1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>processed %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Processed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p50 %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p50</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p95 %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p95</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p99 %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p99</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kernel to drain %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stage: kernel to drain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>agent queue %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stage: agent queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wire %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stage: wire</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>receive queue %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stage: receive queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>clock ± %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clock uncertainty, largest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>without clock offset %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Left out: no clock offset yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waiting %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in flight %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent, not acknowledged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>receive queues %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receive queues</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>agent queues %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agent queues</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>oldest %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Age of the oldest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>change %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change over 5 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lost %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost, shed or dropped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seen %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>filtered %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filtered or folded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>filtered or folded %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>signal %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>noise %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Noise</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>n = %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events judged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>confirmed %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rejected %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alive %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nodes with a heartbeat within 30 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>known %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nodes known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agents with a heartbeat within 30 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hooks %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hooks attached of wanted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attribution %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attribution</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>complete %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Completeness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 in all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>restarts %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OOM kills %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Killed for lack of memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>error exits %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended with an error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allocatable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>working set %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Working set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>highest %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Highest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>throttled %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Throttled periods, highest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PSI %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pressure (PSI some), highest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>limit in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reaches its limit in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>disk %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fullest disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>both %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received and sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rx %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tx %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received packets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent packets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>retransmits %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TCP retransmits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed connections %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed connections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rx drops %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dropped on receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tx drops %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dropped on sending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>agents %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The agents&apos; own traffic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open groups</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 suppressed by cooldown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Suppressed by cooldown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>actions %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Actions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>median to ack %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Median time to acknowledge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p95 of operation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 calls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>errors %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events processed/sec</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Event processing latency</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Event queue depth</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter efficiency rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signal-to-noise ratio</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Correlation accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>False positive rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coverage percentage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pod status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CPU usage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory usage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network I/O</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Active correlations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Insights generated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>User interactions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>API response times</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Event processing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data quality</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System health</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Business metrics</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all within bounds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no agent is connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing was measured in this range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>could not be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>could not be read: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>some figures are missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 figures are missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 lost %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 lost, most on %2 %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p99 latency %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>coverage %1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is silent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 nodes are silent, %2 among them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 pods in trouble, worst %2: %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: CPU %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: memory %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: disk %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: p95 %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of %1 running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of %1 ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of allocatable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rx + tx</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lost, shed, dropped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>agent queues</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in flight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>receive queues</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>filtered or folded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>signal share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>coverage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pods seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alert above %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alert below %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scale up %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scale down %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reference %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>↑ received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>↓ sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 for %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(ring full)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(queue full)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(shed to keep the overhead budget)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(never received)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restarted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crash loop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OOM-killed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node silent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Evicted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Terminating</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image pull</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OOM in 1 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pending &gt; 5 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drill</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>silent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 series</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, by maximum; the sum is exact</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PanelWidget</name>
    <message>
        <source>How this is computed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More actions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2%3 (as of %4)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PickPopup</name>
    <message>
        <source>Use “%1”</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::PlotLegend</name>
    <message>
        <source>+ %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::Rail</name>
    <message>
        <source>Respond</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Investigate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Operate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::RangeControl</name>
    <message>
        <source>Back by one range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forward by one range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time range: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A range that moves with the clock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live, 15 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Custom…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::RangeDialog</name>
    <message>
        <source>Show this range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Custom time range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>14:05 · 2026-03-01 14:05 · 2026-03-01T14:05Z · -2h · now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::SeriesList</name>
    <message>
        <source>%1 sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no sample</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::SettingsPage</name>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Density</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By window size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comfortable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presenter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Times are shown in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>UTC</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Local time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Local time (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The zone stands beside every time. Exports and copies as JSON are always in UTC.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data and retention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stored now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Oldest events are deleted above %1, and after %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The limits are max_size and max_age of section [store] in the configuration file; a change counts from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Configuration file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Store file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a row and press Enter to give it another key. Letters act only outside of text fields.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tapio %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Console and agents for incident war rooms. Free software under the GNU General Public License, version 3 or later; the kernel programs are under BSD-2-Clause or GPL-2.0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No account, no telemetry: Tapio opens no connection but those configured here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Qt %1, ZeroMQ, Cap&apos;n Proto, OpenSSL, libbpf, SQLite, zstd, spdlog, CLI11, toml++, JSON for Modern C++; typefaces Inter and JetBrains Mono.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The store fails: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No data: the store has not reported yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 on disk, %2 events</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from %1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 events deleted by the limits since start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::StateMessage</name>
    <message>
        <source>Command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::StatePill</name>
    <message>
        <source>LIVE</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PAUSED</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HISTORY</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>back to live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Follows the newest data. Click to pause.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The picture stands still; data is still received and stored. Click to go on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shows a range of the past. Click to go back to live.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::StatusBar</name>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::TableView</name>
    <message>
        <source>accepted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tapio::console::TooltipContent</name>
    <message>
        <source>%1 sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All together</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 bucket</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>+ %1 more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none in this bucket</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no sample</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>+ %1 more losses</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
