// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

#include "console/ui/pages/page.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

class RailButton;

enum class RailGroup { Respond, Investigate, Operate, Foot };
QString railGroupName(RailGroup group);

/// The left edge: the mark, and one button per page that exists. 52 px with icons, 204 px with labels and captions.
class Rail : public QWidget {
    Q_OBJECT
public:
    explicit Rail(Look look, QWidget *parent = nullptr);

    void addPage(PageId page, RailGroup group, const QString &icon, const QString &title);
    void setCurrent(PageId page);
    /// A count beside the page's name, a dot with the count in the tooltip where the rail is narrow; 0 = none. `words` say what is counted.
    void setBadge(PageId page, std::uint64_t count, const QString &words);
    void setWide(bool wide);
    bool isWide() const { return m_wide; }

signals:
    void chosen(tapio::console::PageId page);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Entry {
        PageId page;
        RailGroup group;
        RailButton *button;
    };
    struct Caption {
        RailGroup group;
        int top;
        bool first;
    };
    void arrange();

    Look m_look;
    std::vector<Entry> m_entries;
    std::vector<Caption> m_captions;
    bool m_wide = false;
};

} // namespace tapio::console
