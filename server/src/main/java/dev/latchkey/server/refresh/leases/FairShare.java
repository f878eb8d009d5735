package dev.latchkey.server.refresh.leases;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.ToIntFunction;

/**
 * Divides a node's free permits among the lanes with due connections: round by round each environment gets one, so that a large one
 * does not delay a small one, and within an environment its lanes take turns; no host gets more than it has room for. It remembers
 * whose turn it was: with fewer free permits than lanes, the next call begins with those that got none. For one thread.
 */
public final class FairShare {
    private UUID lastEnvironment = new UUID(0, 0);
    /** By environment, the lane that had its turn last. */
    private final Map<UUID, UUID> lastLane = new HashMap<>();

    /** An environment's lanes, by their positions in the given list, from the one whose turn it is. */
    private static final class Ring {
        private final List<Integer> lanes;
        private int turn;

        private Ring(List<Integer> lanes) {
            this.lanes = lanes;
        }

        private int next() {
            int next = lanes.get(turn);
            turn = (turn + 1) % lanes.size();
            return next;
        }
    }

    /**
     * @param room how many calls may start at a host
     * @return the number for each lane, in the lanes' order
     */
    public List<Integer> of(List<Lane> lanes, int places, ToIntFunction<String> room) {
        // In a stable order, whatever the order of the lanes.
        TreeMap<UUID, TreeMap<UUID, Integer>> byEnvironment = new TreeMap<>();
        Map<String, Integer> left = new HashMap<>();
        int[] share = new int[lanes.size()];
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(i);
            byEnvironment
                    .computeIfAbsent(lane.environment(), missing -> new TreeMap<>())
                    .put(lane.integration(), i);
            left.computeIfAbsent(lane.host(), room::applyAsInt);
        }
        lastLane.keySet().retainAll(byEnvironment.keySet());
        TreeMap<UUID, Ring> rings = new TreeMap<>();
        byEnvironment.forEach((environment, own) ->
                rings.put(environment, new Ring(from(own, lastLane.getOrDefault(environment, new UUID(0, 0))))));
        List<Ring> turns = from(rings, lastEnvironment);
        int free = places;
        boolean given = true;
        while (free > 0 && given) {
            given = false;
            for (Ring ring : turns) {
                if (free > 0 && giveOne(ring, lanes, share, left)) {
                    free--;
                    given = true;
                }
            }
        }
        List<Integer> shares = new ArrayList<>(share.length);
        for (int one : share) {
            shares.add(one);
        }
        return shares;
    }

    /** Gives it to the environment's next lane that can take one. */
    private boolean giveOne(Ring ring, List<Lane> lanes, int[] share, Map<String, Integer> left) {
        for (int tried = 0; tried < ring.lanes.size(); tried++) {
            int next = ring.next();
            Lane lane = lanes.get(next);
            boolean wants = !lane.broken() || share[next] == 0;
            if (wants && left.getOrDefault(lane.host(), 0) > 0) {
                left.merge(lane.host(), -1, Integer::sum);
                share[next]++;
                lastEnvironment = lane.environment();
                lastLane.put(lane.environment(), lane.integration());
                return true;
            }
        }
        return false;
    }

    /** All of them, starting after the one that had its turn. */
    private static <T> List<T> from(TreeMap<UUID, T> all, UUID last) {
        List<T> turns = new ArrayList<>(all.tailMap(last, false).values());
        turns.addAll(all.headMap(last, true).values());
        return turns;
    }
}
