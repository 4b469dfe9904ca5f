// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

#include <optional>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// A 28 px control of the context bar and of panel heads: icon, text, chevron; each optional. The accessible name must be set
/// when there is no text.
class BarButton : public QAbstractButton {
    Q_OBJECT
public:
    explicit BarButton(Look look, QWidget *parent = nullptr);

    void setIconName(const QString &name);
    void setChevron(bool shown);
    void setFlat(bool flat); ///< no border and no ground until hovered
    void setBorderColor(std::optional<QColor> color);
    void setActive(bool active);           ///< accent text on the selected ground: a filter is set
    void setTrailing(const QString &text); ///< key hint at the right edge: "Ctrl+K"
    void setQuiet(bool quiet);             ///< a field to type into rather than a choice: thin text
    void setMaximumTextWidth(int pixels);  ///< design pixels; longer text is elided in the middle

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    bool isElided() const; ///< whether the text did not fit

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override;

private:
    QFont textFont() const;
    QString shownText(qreal available) const;
    int textWidth() const;
    void paintGround(QPainter &painter) const;

    Look m_look;
    QString m_icon, m_trailing;
    bool m_chevron = false, m_flat = false, m_active = false, m_quiet = false;
    int m_maxText = 0;
    std::optional<QColor> m_border;
};

} // namespace tapio::console
