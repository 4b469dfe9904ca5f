// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/rangecontrol.h"

#include <QHBoxLayout>
#include <QMenu>

#include <algorithm>

#include "console/ui/dialogs/rangedialog.h"
#include "console/ui/widgets/barbutton.h"

namespace tapio::console {

RangeControl::RangeControl(UiContext context, QWidget *parent) : QWidget(parent), m_context(context)
{
    const Look look{context.themes, context.icons};
    m_back = new BarButton(look, this);
    m_field = new BarButton(look, this);
    m_forward = new BarButton(look, this);
    m_back->setIconName(QStringLiteral("chevron-left"));
    m_back->setAccessibleName(tr("Back by one range"));
    m_forward->setIconName(QStringLiteral("chevron-right"));
    m_forward->setAccessibleName(tr("Forward by one range"));
    m_field->setIconName(QStringLiteral("clock"));
    m_field->setChevron(true);
    m_field->setAccessibleDescription(tr("Time range"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    for (BarButton *button : {m_back, m_field, m_forward})
        row->addWidget(button);
    connect(m_back, &QAbstractButton::clicked, this, [this] { step(-1); });
    connect(m_forward, &QAbstractButton::clicked, this, [this] { step(1); });
    connect(m_field, &QAbstractButton::clicked, this, &RangeControl::openMenu);
    connect(&context.time, &TimeDisplay::changed, this, &RangeControl::refresh);
    connect(&context.actions, &ActionRegistry::changed, this, &RangeControl::refresh);
    refresh();
}

void RangeControl::setRange(const TimeRange &range)
{
    m_context.session.setRange(range);
    refresh();
    emit rangeChanged();
}

std::int64_t RangeControl::liveNs()
{
    const PanelSnapshot &panel = m_context.session.overview().panels.front();
    if (m_context.session.range().kind == TimeRange::Kind::Live && panel.state != PanelState::Loading)
        m_liveNs = std::clamp(panel.toNs - panel.fromNs, shortestRangeNs, fullLiveNs);
    return m_liveNs;
}

void RangeControl::step(int direction) { setRange(shifted(m_context.session.range(), direction, m_context.nowNs(), liveNs())); }

void RangeControl::zoom(double factor) { setRange(zoomed(m_context.session.range(), factor, m_context.nowNs(), liveNs())); }

void RangeControl::askCustom()
{
    RangeDialog dialog(m_context, window());
    if (dialog.exec() == QDialog::Accepted)
        setRange(dialog.range());
}

void RangeControl::refresh()
{
    const TimeRange range = m_context.session.range();
    const std::int64_t now = m_context.nowNs();
    const TimeWindow span = resolve(range, now);
    m_field->setText(rangeText(range, m_context.time.zone())
                     + (isMoving(range) ? QString() : QLatin1Char(' ') + m_context.time.zoneName(span.fromNs)));
    m_field->setAccessibleName(tr("Time range: %1").arg(m_field->text()));
    m_field->updateGeometry();
    m_field->update();
    m_field->setToolTip(
        isMoving(range)
            ? tr("A range that moves with the clock")
            : tr("%1 to %2").arg(m_context.time.text(span.fromNs, TimeStyle::Full), m_context.time.text(span.toNs, TimeStyle::Full)));
    m_forward->setEnabled(!isMoving(range));
    const auto withKey = [this](const QString &text, const char *id) {
        const QString key = m_context.actions.keyText(QLatin1String(id));
        return key.isEmpty() ? text : text + QStringLiteral(" (%1)").arg(key);
    };
    m_back->setToolTip(withKey(tr("Back by one range"), "range.back"));
    m_forward->setToolTip(withKey(tr("Forward by one range"), "range.forward"));
}

void RangeControl::openMenu()
{
    QMenu menu(this);
    const TimeRange now = m_context.session.range();
    for (const TimeRange::Kind kind : presetRanges) {
        const TimeRange range{kind, 0, 0};
        const QString text = kind == TimeRange::Kind::Live ? tr("Live, up to 15 min") : rangeText(range, m_context.time.zone());
        QAction *action = menu.addAction(text, this, [this, range] { setRange(range); });
        action->setCheckable(true);
        action->setChecked(now == range);
    }
    menu.addSeparator();
    menu.addAction(tr("Custom\u2026"), this, &RangeControl::askCustom);
    menu.exec(m_field->mapToGlobal(QPoint(0, m_field->height() + 4)));
}

} // namespace tapio::console
