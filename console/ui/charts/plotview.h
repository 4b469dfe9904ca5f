// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QChartView>
#include <QTimeZone>

#include <memory>
#include <optional>

#include "console/core/metrics/annotation.h"
#include "console/core/metrics/panel.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/charts/plotlayer.h"
#include "console/ui/charts/seriescolors.h"
#include "console/ui/theme/theme.h"

class QDateTimeAxis;
class QLineSeries;
class QValueAxis;

namespace tapio::console {

class PlotRenderer;

/// One plot: a QChart with its two axes as the coordinate system and a PlotLayer that draws. It turns the mouse into times;
/// what they mean is decided by whoever holds it. GUI thread.
class PlotView : public QChartView {
    Q_OBJECT
public:
    /// `renderer` outlives the view; null = everything on the GUI thread.
    explicit PlotView(PlotRenderer *renderer, QWidget *parent = nullptr);
    ~PlotView() override;

    void setTheme(std::shared_ptr<const Theme> theme);
    void setTimeZone(const QTimeZone &zone);
    void setPanel(std::shared_ptr<const PanelSnapshot> panel);
    /// Another range than the snapshot's, until the next snapshot: the picture is moved and stretched at once.
    void setPreviewRange(std::optional<PlotSpan> range);
    void setIsolated(int series);    ///< -1 = none
    void setPasses(int passes);      ///< see PlotStyle
    void setDetailed(bool detailed); ///< room for all thresholds
    void setCrosshair(std::optional<std::int64_t> timeNs, bool chip, bool pinned);
    void setSelection(std::optional<PlotSpan> span, bool chip);
    /// Shared by all plots that show the same time; null: none. By their begin.
    void setAnnotations(Annotations annotations);
    /// Forgets a drag that has begun.
    void cancelDrag() { m_drag = Drag::None; }

    const std::shared_ptr<const PanelSnapshot> &panel() const { return m_panel; }
    const std::vector<SeriesLook> &looks() const { return m_looks; }
    const Annotations &annotations() const { return m_annotations; }
    const PlotFrame &frame() const { return m_layer->job().frame; }
    const PlotLayer &layer() const { return *m_layer; }
    /// The job of an export: this view's content at another size and pixel ratio.
    PlotJob job() const { return m_layer->job(); }

signals:
    void hovered(std::int64_t timeNs, const QPoint &at); ///< `at` in the view's coordinates
    void left();
    void clicked(std::int64_t timeNs);
    void selecting(std::int64_t fromNs, std::int64_t toNs);
    void selected(std::int64_t fromNs, std::int64_t toNs);
    void panning(std::int64_t fromNs, std::int64_t toNs);
    void panned(std::int64_t fromNs, std::int64_t toNs);
    void cancelled(); ///< a drag ended without a result
    void resetRequested();

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    enum class Drag { None, Pressed, Select, Pan };
    struct RangeAtPress {
        std::int64_t fromNs = 0, toNs = 0;
    };

    void relayout();
    void updateAxes(const PlotFrame &frame);
    std::int64_t timeAt(const QPointF &at) const;
    PlotSpan panRange(const QPointF &at) const;

    QDateTimeAxis *m_timeAxis;
    QValueAxis *m_valueAxis;
    QLineSeries *m_carrier; ///< empty: it only ties the axes to the chart's coordinates
    PlotLayer *m_layer;     ///< owned by the scene
    std::shared_ptr<const Theme> m_theme;
    QTimeZone m_zone = QTimeZone::utc();
    std::shared_ptr<const PanelSnapshot> m_panel;
    SeriesColors m_colors;
    std::vector<SeriesLook> m_looks;
    Annotations m_annotations;
    std::optional<PlotSpan> m_previewRange;
    int m_isolated = -1;
    int m_passes = 2;
    bool m_detailed = false;
    Drag m_drag = Drag::None;
    QPointF m_pressedAt;
    RangeAtPress m_pressedRange;
};

} // namespace tapio::console
