// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/panelwidget.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "console/ui/charts/plotview.h"
#include "console/ui/widgets/figureview.h"
#include "console/ui/widgets/focusring.h"
#include "console/ui/widgets/panelbutton.h"
#include "console/ui/widgets/panelmessage.h"
#include "console/ui/widgets/plotlegend.h"

namespace tapio::console {

namespace {

constexpr int loadingBarAfterMs = 0; // not in the same turn; the session has waited 200 ms before it said so

/// Panels whose body is a figure: without one they have no axes to keep.
bool isFigurePanel(PanelId id)
{
    return id == PanelId::CorrelationAccuracy || id == PanelId::FalsePositiveRate || id == PanelId::Coverage || id == PanelId::PodStatus
           || id == PanelId::ActiveCorrelations;
}

bool hasData(const PanelSnapshot &panel) { return panel.value.has_value(); }

} // namespace

PanelWidget::PanelWidget(PanelId id, Style style, Look look, const TimeDisplay &time, PlotRenderer *renderer, QWidget *parent)
    : QWidget(parent), m_id(id), m_style(style), m_look(look), m_time(time),
      m_computed(new PanelButton(look, QStringLiteral("formula"), tr("How this is computed"), this)),
      m_menu(new PanelButton(look, QStringLiteral("more"), tr("More actions"), this)), m_plot(new PlotView(renderer, this)),
      m_figure(new FigureView(this)), m_legend(new PlotLegend(look, this)), m_message(new PanelMessage(look, this))
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setProperty(FocusRing::insideProperty, true);
    setFocusPolicy(style == Style::InGrid ? Qt::ClickFocus : Qt::NoFocus);
    setButtonsInTabOrder(style == Style::FullScreen);
    for (PanelButton *button : {m_computed, m_menu})
        button->installEventFilter(this);
    m_plot->setDetailed(style == Style::FullScreen);
    m_menu->hide();
    m_computed->setVisible(style == Style::InGrid);
    for (QWidget *part : {static_cast<QWidget *>(m_plot), static_cast<QWidget *>(m_figure), static_cast<QWidget *>(m_legend),
                          static_cast<QWidget *>(m_message)})
        part->hide();
    m_loadingDelay.setSingleShot(true);
    m_loadingDelay.setInterval(loadingBarAfterMs);
    connect(&m_loadingDelay, &QTimer::timeout, this, [this] {
        m_loading = true;
        update();
    });
    connect(m_computed, &QAbstractButton::clicked, this, &PanelWidget::computedRequested);
    connect(m_menu, &QAbstractButton::clicked, this, [this] { emit menuRequested(m_menu->mapToGlobal(QPoint(0, m_menu->height()))); });
    connect(m_legend, &PlotLegend::isolated, this, &PanelWidget::setIsolated);
    connect(m_message, &PanelMessage::remedyRequested, this, &PanelWidget::remedyRequested);
    connect(&look.themes, &ThemeStore::themeChanged, this, &PanelWidget::retheme);
    const auto rezone = [this] { m_plot->setTimeZone(m_time.zone()); };
    connect(&time, &TimeDisplay::changed, this, rezone);
    auto loading = std::make_shared<PanelSnapshot>();
    loading->id = id;
    m_newest = m_shown = std::move(loading);
    rezone();
    retheme();
}

void PanelWidget::retheme()
{
    Theme theme = m_look.theme();
    if (m_style == Style::FullScreen && theme.density == Density::Compact)
        theme.density = Density::Comfortable;
    m_theme = std::make_shared<const Theme>(std::move(theme));
    m_plot->setTheme(m_theme);
    m_figure->setTheme(m_theme);
    refreshHeader();
    refreshBody();
}

void PanelWidget::setLegendShown(bool shown)
{
    m_legendShown = shown;
    refreshBody();
}

void PanelWidget::setSnapshot(std::shared_ptr<const PanelSnapshot> snapshot)
{
    if (snapshot == m_newest)
        return;
    m_newest = std::move(snapshot);
    const bool loading = m_newest->state == PanelState::Loading;
    if (loading && !m_loading && !m_loadingDelay.isActive())
        m_loadingDelay.start();
    if (!loading) {
        m_loadingDelay.stop();
        if (m_loading)
            update();
        m_loading = false;
    }
    const bool keepOld = loading && m_shown && hasData(*m_shown) && !hasData(*m_newest);
    if (!keepOld)
        m_shown = m_newest;
    refreshHeader();
    refreshBody();
}

void PanelWidget::refreshHeader()
{
    m_header = panelHeader(*m_shown, theme());
    const QString name = PanelText::accessibleName(*m_shown);
    if (name != accessibleName())
        setAccessibleName(name);
    update(QRect(0, 0, width(), panelHeaderHeight(theme())));
}

bool PanelWidget::plotVisible() const { return !m_plot->isHidden(); }

void PanelWidget::refreshBody()
{
    const PanelSnapshot &panel = *m_shown;
    const bool intervals = std::holds_alternative<IntervalView>(panel.view);
    const bool figure = FigureView::draws(panel) && (hasData(panel) || intervals);
    const bool plot = !figure && !isFigurePanel(m_id) && panel.fromNs < panel.toNs;
    const bool progress = panel.state != PanelState::Loading || panel.need > 0;
    const bool message = !hasData(panel) && !intervals && progress;
    if (figure)
        m_figure->setPanel(m_shown);
    if (plot) {
        m_plot->setPanel(m_shown);
        m_legend->setPanel(panel, m_plot->looks());
    }
    if (message)
        m_message->setPanel(panel);
    const bool legend = plot && !message && m_legendShown && !theme().compact();
    m_figure->setVisible(figure);
    m_plot->setVisible(plot);
    m_legend->setVisible(legend);
    m_message->setVisible(message);
    place();
}

void PanelWidget::place()
{
    const Theme &theme = *m_theme;
    const int head = panelHeaderHeight(theme);
    const int padding = theme.px(12);
    const QRect body(1, head, width() - 2, height() - head - 4); // clear of the rounded corners
    const int legendHeight = m_legend->isHidden() ? 0 : theme.px(30);
    m_plot->setGeometry(body.adjusted(0, 0, 0, -legendHeight - (legendHeight > 0 ? 2 : 0)));
    m_legend->setGeometry(padding, height() - legendHeight - 1 - theme.px(2), width() - 2 * padding, legendHeight);
    m_figure->setGeometry(body.adjusted(padding - 1, 0, -padding + 1, 0));
    const int gutter = plotVisible() ? theme.px(theme.compact() ? 42 : 50) + theme.px(12) : padding;
    m_message->setGeometry(body.adjusted(gutter, theme.px(10), -padding, -theme.px(plotVisible() ? 20 : 8)));
    m_message->raise();
    const int side = theme.px(20);
    const int top = theme.px(theme.compact() ? 5 : theme.density == Density::Presenter ? 16 : 10);
    m_computed->setGeometry(width() - theme.px(8) - side, top, side, side);
    m_menu->setGeometry(width() - theme.px(8) - 2 * side - theme.px(2), top, side, side);
    update();
}

bool PanelWidget::showsButtons() const { return m_style == Style::InGrid; }

PanelHeaderLayout PanelWidget::headerLayout() const
{
    const Theme &theme = *m_theme;
    double right = width() - theme.px(12);
    if (showsButtons())
        right = m_menu->isHidden() ? m_computed->x() : m_menu->x();
    return layoutPanelHeader(m_header, theme, width(), right);
}

void PanelWidget::setIsolated(int series) { m_plot->setIsolated(series); }

void PanelWidget::setButtonsInTabOrder(bool on)
{
    for (PanelButton *button : {m_computed, m_menu})
        button->setFocusPolicy(on ? Qt::TabFocus : Qt::NoFocus);
    m_message->setButtonInTabOrder(on);
}

QString PanelWidget::valueForClipboard() const
{
    if (!m_shown->value)
        return {};
    const auto head = PanelText::headline(*m_shown);
    const QString value = exactQuantity(m_shown->value->value, m_shown->value->unit).text();
    const QString qualifier = head && !head->qualifier.isEmpty() ? QLatin1Char(' ') + head->qualifier : QString();
    return tr("%1: %2%3 (as of %4)")
        .arg(PanelText::title(m_id), value, qualifier, m_time.textWithZone(m_shown->asOfNs, TimeStyle::DateSecond))
        .replace(QChar(0x00A0), QLatin1Char(' '));
}

QString PanelWidget::headExplanationAt(const QPoint &at) const
{
    const PanelHeaderLayout layout = headerLayout();
    for (std::size_t i = 0; i < layout.chips.size(); ++i)
        if (layout.chips[i].area.contains(at))
            return m_header.chips[i].explanation;
    if (layout.title.contains(at) && layout.titleText != m_header.title)
        return m_header.title;
    if (layout.facts.adjusted(-4, -4, 4, 4).contains(at))
        return m_header.facts.join(QLatin1Char('\n'));
    return {};
}

bool PanelWidget::isInsightsChipAt(const QPoint &at) const
{
    const PanelHeaderLayout layout = headerLayout();
    for (std::size_t i = 0; i < layout.chips.size(); ++i)
        if (m_header.chips[i].isOfInsights && layout.chips[i].area.contains(at))
            return true;
    return false;
}

bool PanelWidget::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const QString explanation = headExplanationAt(help->pos());
        if (explanation.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), QStringLiteral("<p style='white-space:pre'>%1</p>").arg(explanation.toHtmlEscaped()),
                               this);
        return true;
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut)
        updateMenu();
    return QWidget::event(event);
}

bool PanelWidget::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut)
        updateMenu();
    return QWidget::eventFilter(object, event);
}

void PanelWidget::updateMenu()
{
    m_menu->setVisible(showsButtons() && (m_hovered || hasFocus() || m_computed->hasFocus() || m_menu->hasFocus()));
    update();
}

void PanelWidget::paintEvent(QPaintEvent *)
{
    const Theme &theme = *m_theme;
    QPainter painter(this);
    painter.fillRect(rect(), theme.surface.app);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_hovered && showsButtons() ? theme.border.strong : theme.border.subtle, 1));
    painter.setBrush(theme.surface.panel);
    const double radius = theme.px(6);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
    if (m_header.edge) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(*m_header.edge);
        painter.drawRoundedRect(QRectF(0, 0, theme.px(3), panelHeaderHeight(theme) - theme.px(4)), 1.5, 1.5);
    }
    if (m_loading)
        painter.fillRect(QRectF(radius, 0, width() - 2 * radius, 2), theme.accent.base);
    paintPanelHeader(painter, m_header, headerLayout(), theme);
}

void PanelWidget::resizeEvent(QResizeEvent *) { place(); }

void PanelWidget::enterEvent(QEnterEvent *)
{
    m_hovered = true;
    updateMenu();
}

void PanelWidget::leaveEvent(QEvent *)
{
    m_hovered = false;
    updateMenu();
}

const GroupRow *PanelWidget::groupAt(const QPoint &at) const
{
    return m_figure->isVisible() ? m_figure->groupAt(m_figure->mapFrom(this, at)) : nullptr;
}

void PanelWidget::mousePressEvent(QMouseEvent *event)
{
    // Who does not take the press gets no release.
    event->setAccepted((isOfInsights(m_id) || isInsightsChipAt(event->position().toPoint())) && event->button() == Qt::LeftButton);
}

void PanelWidget::mouseReleaseEvent(QMouseEvent *event)
{
    const QPoint at = event->position().toPoint();
    const bool isThere = isOfInsights(m_id) ? rect().contains(at) : isInsightsChipAt(at);
    if (isThere && event->button() == Qt::LeftButton)
        emit insightsRequested(at);
}

void PanelWidget::contextMenuEvent(QContextMenuEvent *event) { emit menuRequested(event->globalPos()); }

} // namespace tapio::console
