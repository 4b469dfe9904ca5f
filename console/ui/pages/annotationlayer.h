// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/ui/models/annotationsfeed.h"
#include "console/ui/pages/page.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

/// What happened, for the plots of one page: as long as they are wanted on plots at all, and the page asks. GUI thread.
class AnnotationLayer : public QObject {
    Q_OBJECT
public:
    /// `slot`: of queryslot, for this page, whose name is that of its command, which lists them.
    AnnotationLayer(const UiContext &context, int slot, const char *name, Page *page);

    /// Of the range that the page's plots show; called as often as that moves.
    void want(const TimeWindow &range);
    /// The page is hidden.
    void stop();
    /// Null: none are wanted.
    Annotations annotations() const;
    const AnnotationsFeed &feed() const { return m_feed; }
    /// In the drawer, where each can be opened.
    void showList();

signals:
    void changed(const tapio::console::Annotations &annotations);

private:
    AnnotationsFeed::Wanted wanted() const;
    void choose();

    UiContext m_context;
    const Page *m_page;
    AnnotationsFeed m_feed;
    TimeWindow m_range;
    bool m_isAsked = false;
};

} // namespace tapio::console
