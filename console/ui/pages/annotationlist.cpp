// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/annotationlist.h"

#include <QLabel>
#include <QMenu>
#include <QScrollBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "console/ui/models/eventtext.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

std::vector<ColumnStyle> columnStyles()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> styles(AnnotationsModel::columns);
    styles[AnnotationsModel::When] = {Kind::Mono, Qt::ElideRight, 98, 180, false};
    styles[AnnotationsModel::Kind] = {Kind::Text, Qt::ElideRight, 56, 90, false};
    styles[AnnotationsModel::Lasted] = {Kind::Number, Qt::ElideRight, 62, 90, false};
    styles[AnnotationsModel::What] = {Kind::Text, Qt::ElideRight, 120, 2000, true};
    styles[AnnotationsModel::Node] = {Kind::Text, Qt::ElideMiddle, 60, 160, false, 1};
    return styles;
}

} // namespace

AnnotationList::AnnotationList(const UiContext &context, const AnnotationsFeed &feed, QWidget *parent)
    : QWidget(parent), m_context(context), m_feed(feed), m_model(context.themes, context.time), m_note(new QLabel),
      m_table(new TableView({context.themes, context.icons}, columnStyles())), m_message(new StateMessage({context.themes, context.icons})),
      m_stack(new QStackedLayout)
{
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->setMargin(context.themes.theme().px(8));
    m_table->setModel(&m_model);
    m_table->setAccessibleName(tr("What happened in this range"));
    m_stack->addWidget(m_message);
    m_stack->addWidget(m_table);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_note);
    column->addLayout(m_stack, 1);
    setFocusProxy(m_table);
    connect(m_table, &QAbstractItemView::activated, this, [this](const QModelIndex &index) { openEvent(m_model.at(index.row()).event); });
    connect(m_table, &TableView::menuRequested, this, [this](const QModelIndex &index, const QPoint &at) {
        QMenu menu(this); // meanwhile the rows may become others
        menu.addAction(tr("Show in Events"), this, [this, event = m_model.at(index.row()).event] { openEvent(event); });
        menu.addAction(tr("Copy the rows"), m_table, &TableView::copySelection);
        menu.exec(at);
    });
    connect(&feed, &AnnotationsFeed::changed, this, &AnnotationList::refresh);
    connect(&feed, &AnnotationsFeed::settled, this, &AnnotationList::refresh);
    refresh();
}

QString AnnotationList::note() const { return m_note->isHidden() ? QString() : m_note->text(); }

void AnnotationList::refresh()
{
    takeRows();
    QString note;
    if (!m_feed.error().isEmpty())
        note = tr("Not all: the store could not be read: %1").arg(m_feed.error());
    else if (m_feed.isCutOff())
        note = tr("Not all: there were more than can be shown. These are the newest; a shorter range has all of them.");
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    StateText state;
    state.headline = m_feed.isSettled() ? tr("Nothing happened in this range") : tr("Reading\u2026");
    if (m_feed.isSettled())
        state.sentence = tr("No change of the cluster, no drill and no insight is known here.");
    m_message->setState(state);
    m_stack->setCurrentIndex(m_model.rowCount() > 0 ? 1 : 0);
}

/// Whoever reads it stays where they are.
void AnnotationList::takeRows()
{
    const QModelIndex current = m_table->currentIndex();
    const bool hasCurrent = current.isValid();
    const EventId chosen = hasCurrent ? m_model.at(current.row()).event : EventId();
    const int scrolled = m_table->verticalScrollBar()->value();
    m_model.setAnnotations(m_feed.annotations());
    for (int row = 0; hasCurrent && row < m_model.rowCount(); ++row)
        if (m_model.at(row).event == chosen)
            m_table->selectRow(row);
    m_table->verticalScrollBar()->setValue(scrolled);
}

void AnnotationList::openEvent(EventId event) { m_context.shell.openPage(PageId::Events, QStringLiteral("event=") + recordText(event)); }

} // namespace tapio::console
