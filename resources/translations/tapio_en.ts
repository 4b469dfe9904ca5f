<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>tapio::console::CallMapView</name>
    <message numerus="yes">
        <source>Map of calls: %n part(s); the table below has its calls. Arrow keys go from part to part, Enter shows its events</source>
        <translation>
            <numerusform>Map of calls: %n part; the table below has its calls. Arrow keys go from part to part, Enter shows its events</numerusform>
            <numerusform>Map of calls: %n parts; the table below has its calls. Arrow keys go from part to part, Enter shows its events</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::CallSection</name>
    <message numerus="yes">
        <source>No data: none of the %1 connections and requests of %2 are of what this insight is about; %n other part(s) called each other.</source>
        <translation>
            <numerusform>No data: none of the %1 connections and requests of %2 are of what this insight is about; %n other part has calls.</numerusform>
            <numerusform>No data: none of the %1 connections and requests of %2 are of what this insight is about; %n other parts called each other.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more part(s) around it</source>
        <translation>
            <numerusform>%n more part around it</numerusform>
            <numerusform>%n more parts around it</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n without a way to it</source>
        <translation>
            <numerusform>%n without a way to it</numerusform>
            <numerusform>%n without a way to it</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::ChainView</name>
    <message numerus="yes">
        <source>Chain of evidence on a time line: %n event(s); the table below has them</source>
        <translation>
            <numerusform>Chain of evidence on a time line: %n event; the table below has them</numerusform>
            <numerusform>Chain of evidence on a time line: %n events; the table below has them</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::CommandPalette</name>
    <message numerus="yes">
        <source>%n match(es) · Enter runs · Esc closes</source>
        <translation>
            <numerusform>%n match · Enter runs · Esc closes</numerusform>
            <numerusform>%n matches · Enter runs · Esc closes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::ConnectionsPage</name>
    <message numerus="yes">
        <source>%n row(s) written to %1</source>
        <translation>
            <numerusform>%n row written to %1</numerusform>
            <numerusform>%n rows written to %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::DashboardsPage</name>
    <message numerus="yes">
        <source>The dashboard is in %1; %n thing(s) could not be carried over</source>
        <translation>
            <numerusform>The dashboard is in %1; %n thing could not be carried over</numerusform>
            <numerusform>The dashboard is in %1; %n things could not be carried over</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n problem(s) in files</source>
        <translation>
            <numerusform>%n problem in files</numerusform>
            <numerusform>%n problems in files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n panel(s)</source>
        <translation>
            <numerusform>%n panel</numerusform>
            <numerusform>%n panels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n without an answer</source>
        <translation>
            <numerusform>%n without an answer</numerusform>
            <numerusform>%n without an answer</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::EventsPage</name>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation>
            <numerusform>%n event</numerusform>
            <numerusform>%n events</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) copied as JSON</source>
        <translation>
            <numerusform>%n event copied as JSON</numerusform>
            <numerusform>%n events copied as JSON</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) copied as text</source>
        <translation>
            <numerusform>%n event copied as text</numerusform>
            <numerusform>%n events copied as text</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::InsightAlerts</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n new insights, up to %1</source>
        <translation>
            <numerusform>%n new insight, up to %1</numerusform>
            <numerusform>%n new insights, up to %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::InsightCard</name>
    <message numerus="yes">
        <source>%n event(s)</source>
        <translation>
            <numerusform>%n event</numerusform>
            <numerusform>%n events</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::InsightDetail</name>
    <message numerus="yes">
        <source>%n event(s), all of them</source>
        <translation>
            <numerusform>%n event, which is all</numerusform>
            <numerusform>%n events, all of them</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::InsightFilterBar</name>
    <message numerus="yes">
        <source>%n rule(s)</source>
        <translation>
            <numerusform>%n rule</numerusform>
            <numerusform>%n rules</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::InsightsPage</name>
    <message numerus="yes">
        <source>%n insight(s) of this time range are filtered out.</source>
        <translation>
            <numerusform>%n insight of this time range is filtered out.</numerusform>
            <numerusform>%n insights of this time range are filtered out.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n insight(s)</source>
        <translation>
            <numerusform>%n insight</numerusform>
            <numerusform>%n insights</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::MainWindow</name>
    <message numerus="yes">
        <source>%n open critical insight(s)</source>
        <translation>
            <numerusform>%n open critical insight</numerusform>
            <numerusform>%n open critical insights</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::PanelHeader</name>
    <message numerus="yes">
        <source>%n insight(s)</source>
        <translation>
            <numerusform>%n insight</numerusform>
            <numerusform>%n insights</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tapio::console::RulesPage</name>
    <message numerus="yes">
        <source>%n row(s) written to %1</source>
        <translation>
            <numerusform>%n row written to %1</numerusform>
            <numerusform>%n rows written to %1</numerusform>
        </translation>
    </message>
</context>
</TS>
