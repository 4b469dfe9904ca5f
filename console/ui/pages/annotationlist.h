// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/models/annotationsfeed.h"
#include "console/ui/models/annotationsmodel.h"
#include "console/ui/pages/page.h"

class QLabel;
class QStackedLayout;

namespace tapio::console {

class StateMessage;
class TableView;

/// What happened in a range as a list, of which each leads to the event that told of it. GUI thread.
class AnnotationList : public QWidget {
    Q_OBJECT
public:
    /// `feed` outlives it, and is followed.
    AnnotationList(const UiContext &context, const AnnotationsFeed &feed, QWidget *parent = nullptr);

    const AnnotationsModel &model() const { return m_model; }
    TableView &table() const { return *m_table; }
    QString note() const; ///< what is not in the list; empty: nothing

private:
    void refresh();
    void openEvent(EventId event);
    void takeRows();

    UiContext m_context;
    const AnnotationsFeed &m_feed;
    AnnotationsModel m_model;
    QLabel *m_note;
    TableView *m_table;
    StateMessage *m_message;
    QStackedLayout *m_stack;
};

} // namespace tapio::console
