// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/keyboardsettings.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "console/ui/dialogs/keydialog.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

KeysModel::KeysModel(const ActionRegistry &actions, QObject *parent) : QAbstractTableModel(parent), m_actions(actions)
{
    connect(&actions, &ActionRegistry::changed, this, &KeysModel::reload);
    reload();
}

void KeysModel::reload()
{
    QStringList ids;
    for (const Action &action : m_actions.actions())
        if (!ids.contains(action.id))
            ids.append(action.id);
    if (ids == m_ids) {
        if (rowCount() > 0)
            emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_ids = ids;
    endResetModel();
}

int KeysModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_ids.size()); }

int KeysModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant KeysModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const QString &rowId = m_ids[index.row()];
    const Action *action = m_actions.find(rowId);
    if (!action)
        return {};
    if (role == cell::emphasisRole)
        return static_cast<int>(index.column() == Text || (index.column() == Keys && m_actions.isRemapped(rowId)) ? Emphasis::Strong
                                                                                                                  : Emphasis::Normal);
    if (role != Qt::DisplayRole && role != cell::sortRole)
        return {};
    switch (index.column()) {
    case Group: return actionGroupName(action->group);
    case Text: return action->text;
    case Keys: {
        QStringList texts;
        for (const QKeySequence &keys : m_actions.keys(rowId))
            texts << keys.toString(QKeySequence::NativeText).replace(QLatin1String(", "), QLatin1String(" "));
        return texts.join(QStringLiteral("   "));
    }
    default: return {};
    }
}

QVariant KeysModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Group: return tr("Group");
    case Text: return tr("Action");
    case Keys: return tr("Keys");
    default: return {};
    }
}

KeyboardSettings::KeyboardSettings(UiContext context, QWidget *parent)
    : QWidget(parent), m_context(context), m_model(context.actions), m_filter(new QLineEdit)
{
    using Kind = ColumnStyle::Kind;
    m_rows.setSourceModel(&m_model);
    m_rows.setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_rows.setFilterKeyColumn(-1);
    m_table = new TableView({context.themes, context.icons}, {{Kind::Text, Qt::ElideRight, 90, 140, false},
                                                              {Kind::Text, Qt::ElideRight, 200, 2000, true},
                                                              {Kind::Mono, Qt::ElideRight, 120, 220, false}});
    m_table->setModel(&m_rows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setMinimumHeight(320);
    m_table->setAccessibleName(tr("Keys"));
    m_filter->setPlaceholderText(tr("Filter actions"));
    m_filter->setAccessibleName(m_filter->placeholderText());
    m_filter->setClearButtonEnabled(true);
    auto *change = new QPushButton(tr("Change\u2026"));
    auto *reset = new QPushButton(tr("Use the standard key"));
    auto *row = new QHBoxLayout;
    row->addWidget(m_filter, 1);
    row->addWidget(change);
    row->addWidget(reset);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(row);
    column->addWidget(m_table, 1);
    const auto enable = [this, change, reset] {
        change->setEnabled(!currentId().isEmpty());
        reset->setEnabled(!currentId().isEmpty() && m_context.actions.isRemapped(currentId()));
    };
    connect(m_filter, &QLineEdit::textChanged, &m_rows, &QSortFilterProxyModel::setFilterFixedString);
    connect(change, &QPushButton::clicked, this, &KeyboardSettings::change);
    connect(reset, &QPushButton::clicked, this, &KeyboardSettings::reset);
    connect(m_table, &QAbstractItemView::activated, this, &KeyboardSettings::change);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, enable);
    connect(&context.actions, &ActionRegistry::changed, this, enable);
    enable();
}

QString KeyboardSettings::currentId() const
{
    const QModelIndex index = m_rows.mapToSource(m_table->currentIndex());
    return index.isValid() ? m_model.id(index.row()) : QString();
}

void KeyboardSettings::change()
{
    if (!currentId().isEmpty())
        KeyDialog(m_context, currentId(), window()).exec();
}

void KeyboardSettings::reset() { m_context.actions.resetKeys(currentId()); }

} // namespace tapio::console
