<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
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
</TS>
