// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/annotationlist.h"

#include <QLabel>
#include <QMenu>
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
    styles[AnnotationsModel::When] = {Kind::Mono, Qt::ElideRight, 88, 180, false};
    styles[AnnotationsModel::Kind] = {Kind::Text, Qt::ElideRight, 56, 90, false};
    styles[AnnotationsModel::Lasted] = {Kind::Number, Qt::ElideRight, 66, 90, false};
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
    connect(m_table, &QAbstractItemView::activated, this, [this](const QModelIndex &index) { openRow(index.row()); });
    connect(m_table, &TableView::menuRequested, this, [this](const QModelIndex &index, const QPoint &at) {
        QMenu menu(this);
        menu.addAction(tr("Show in Events"), this, [this, row = index.row()] { openRow(row); });
        menu.addAction(tr("Copy the rows"), m_table, &TableView::copySelection);
        menu.exec(at);
    });
    connect(&feed, &AnnotationsFeed::changed, this, &AnnotationList::refresh);
    refresh();
}

QString AnnotationList::note() const { return m_note->isHidden() ? QString() : m_note->text(); }

void AnnotationList::refresh()
{
    m_model.setAnnotations(m_feed.annotations());
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

void AnnotationList::openRow(int row)
{
    if (row >= 0 && row < m_model.rowCount())
        m_context.shell.openPage(PageId::Events, QStringLiteral("event=") + recordText(m_model.at(row).event));
}

} // namespace tapio::console
