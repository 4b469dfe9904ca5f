// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace tapio::console {

/// What is drawn over plots, on all pages. GUI thread.
class PlotChoice : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    bool hasAnnotations() const { return m_hasAnnotations; }
    void setAnnotations(bool are)
    {
        if (are == m_hasAnnotations)
            return;
        m_hasAnnotations = are;
        emit changed();
    }

signals:
    void changed();

private:
    bool m_hasAnnotations = true;
};

} // namespace tapio::console
