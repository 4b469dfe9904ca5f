// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/callmap.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <optional>

namespace tapio::console {

namespace {

struct Neighbour {
    std::size_t party;
    int step; ///< -1 = it calls, 1 = it is called
    std::uint64_t calls;
};
using Neighbours = std::vector<std::vector<Neighbour>>;

/// Of each party, the busiest first.
Neighbours neighboursOf(const CallGraph &graph)
{
    Neighbours all(graph.parties.size());
    for (const CallEdge &edge : graph.edges) {
        if (edge.caller == edge.callee)
            continue;
        all[edge.caller].push_back({edge.callee, 1, edge.calls});
        all[edge.callee].push_back({edge.caller, -1, edge.calls});
    }
    for (auto &list : all)
        std::stable_sort(list.begin(), list.end(),
                         [](const Neighbour &a, const Neighbour &b) { return a.calls != b.calls ? a.calls > b.calls : a.party < b.party; });
    return all;
}

/// Columns of all that calls lead to from the starts, hop by hop, in the order in which it was reached.
struct Reached {
    std::vector<std::size_t> order;
    std::vector<std::optional<int>> column;
};

Reached reach(const Neighbours &neighbours, const std::vector<std::size_t> &starts)
{
    Reached reached{{}, std::vector<std::optional<int>>(neighbours.size())};
    // From the first alone as far as it goes, so that the others stand where calls put them; then from what it does not lead to.
    for (const std::size_t start : starts) {
        if (reached.column[start])
            continue;
        std::deque<std::size_t> waiting{start};
        reached.column[start] = 0;
        while (!waiting.empty()) {
            const std::size_t at = waiting.front();
            waiting.pop_front();
            reached.order.push_back(at);
            for (const Neighbour &next : neighbours[at]) {
                if (reached.column[next.party])
                    continue;
                reached.column[next.party] = *reached.column[at] + next.step;
                waiting.push_back(next.party);
            }
        }
    }
    return reached;
}

/// Roots and what is affected first, whatever the others' distance.
std::vector<std::size_t> choose(const Reached &reached, const std::vector<std::size_t> &starts, std::size_t most)
{
    std::vector<std::size_t> chosen;
    const auto add = [&](std::size_t party) {
        if (chosen.size() < most && std::find(chosen.begin(), chosen.end(), party) == chosen.end())
            chosen.push_back(party);
    };
    std::for_each(starts.begin(), starts.end(), add);
    std::for_each(reached.order.begin(), reached.order.end(), add);
    return chosen;
}

/// Without holes, from 0.
void closeColumns(CallMap &map)
{
    std::map<int, int> places;
    for (const CallMapNode &node : map.nodes)
        places.try_emplace(node.column);
    int next = 0;
    for (auto &[column, place] : places)
        place = next++;
    for (CallMapNode &node : map.nodes)
        node.column = places[node.column];
    map.columns = next;
}

/// In each column by the mean row of the neighbours, to and fro, beginning with the order in which they were chosen.
void orderRows(CallMap &map, const Neighbours &neighbours)
{
    std::vector<std::vector<CallMapNode *>> columns(static_cast<std::size_t>(map.columns));
    std::map<std::size_t, const CallMapNode *> byParty;
    for (CallMapNode &node : map.nodes) {
        auto &column = columns[static_cast<std::size_t>(node.column)];
        node.row = static_cast<int>(column.size());
        column.push_back(&node);
        byParty[node.party] = &node;
    }
    const auto wanted = [&](const CallMapNode &node) {
        double sum = 0;
        int count = 0;
        for (const Neighbour &next : neighbours[node.party]) {
            const auto shown = byParty.find(next.party);
            if (shown == byParty.end() || shown->second->column == node.column)
                continue;
            sum += shown->second->row;
            ++count;
        }
        return count == 0 ? static_cast<double>(node.row) : sum / count;
    };
    const auto sortColumn = [&](std::vector<CallMapNode *> &column) {
        std::vector<std::pair<double, CallMapNode *>> places;
        for (CallMapNode *node : column)
            places.emplace_back(wanted(*node), node);
        std::stable_sort(places.begin(), places.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        for (std::size_t row = 0; row < places.size(); ++row) {
            column[row] = places[row].second;
            column[row]->row = static_cast<int>(row);
        }
    };
    constexpr int sweeps = 4;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        std::for_each(columns.begin(), columns.end(), sortColumn);
        std::for_each(columns.rbegin(), columns.rend(), sortColumn);
    }
    for (const auto &column : columns)
        map.rows = std::max(map.rows, static_cast<int>(column.size()));
}

} // namespace

CallMap layoutCalls(const CallGraph &graph, const std::vector<std::size_t> &roots, const std::vector<std::size_t> &affected,
                    std::size_t most)
{
    CallMap map;
    std::vector<std::size_t> starts = roots;
    starts.insert(starts.end(), affected.begin(), affected.end());
    std::erase_if(starts, [&](std::size_t party) { return party >= graph.parties.size(); });
    if (starts.empty()) {
        map.unrelated = graph.parties.size();
        return map;
    }
    const Neighbours neighbours = neighboursOf(graph);
    const Reached reached = reach(neighbours, starts);
    const auto has = [](const std::vector<std::size_t> &list, std::size_t party) {
        return std::find(list.begin(), list.end(), party) != list.end();
    };
    std::vector<bool> isShown(graph.parties.size());
    for (const std::size_t party : choose(reached, starts, most)) {
        map.nodes.push_back({party, reached.column[party].value_or(0), 0, has(roots, party), has(affected, party)});
        isShown[party] = true;
    }
    map.left = reached.order.size() - map.nodes.size();
    map.unrelated = graph.parties.size() - reached.order.size();
    closeColumns(map);
    orderRows(map, neighbours);
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
        const CallEdge &edge = graph.edges[i];
        if (edge.caller != edge.callee && isShown[edge.caller] && isShown[edge.callee])
            map.edges.push_back(i);
    }
    return map;
}

} // namespace tapio::console
