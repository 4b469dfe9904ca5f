// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/eventcolumns.h"

#include "console/ui/models/eventsmodel.h"

namespace tapio::console {

std::vector<ColumnStyle> eventColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(EventsModel::ColumnCount);
    columns[EventsModel::Time] = {Kind::Mono, Qt::ElideRight, 96, 240, false};
    columns[EventsModel::Severity] = {Kind::Sign, Qt::ElideRight, 80, 120, false};
    columns[EventsModel::Type] = {Kind::Mono, Qt::ElideRight, 96, 160, false};
    columns[EventsModel::Summary] = {Kind::Text, Qt::ElideRight, 260, 2000, true};
    columns[EventsModel::Node] = {Kind::Mono, Qt::ElideMiddle, 64, 160, false};
    columns[EventsModel::Namespace] = {Kind::Mono, Qt::ElideMiddle, 80, 140, false, 3};
    columns[EventsModel::Entity] = {Kind::Mono, Qt::ElideMiddle, 120, 200, false};
    columns[EventsModel::Identity] = {Kind::Sign, Qt::ElideRight, 80, 120, false};
    columns[EventsModel::Command] = {Kind::Mono, Qt::ElideRight, 80, 130, false};
    columns[EventsModel::Pid] = {Kind::Number, Qt::ElideRight, 56, 90, false, 2};
    return columns;
}

} // namespace tapio::console
