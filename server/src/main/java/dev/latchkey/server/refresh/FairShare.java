package dev.latchkey.server.refresh;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Divides a node's free places among the lanes that have something due: round by round each environment gets one, so that a large
 * one does not keep a small one waiting, and within an environment its lanes take turns; no host gets more than it has room for.
 */
final class FairShare {
    private FairShare() {}

    /**
     * @param room how many calls may start at a host
     * @return how many of each lane, in the lanes' order
     */
    static List<Integer> of(List<Lane> lanes, int places, ToIntFunction<String> room) {
        Map<Object, List<Integer>> byEnvironment = new LinkedHashMap<>();
        Map<String, Integer> left = new HashMap<>();
        int[] share = new int[lanes.size()];
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(i);
            byEnvironment
                    .computeIfAbsent(lane.environment(), missing -> new ArrayList<>())
                    .add(i);
            left.computeIfAbsent(lane.host(), room::applyAsInt);
        }
        Map<Object, Integer> turn = new HashMap<>();
        int free = places;
        boolean given = true;
        while (free > 0 && given) {
            given = false;
            for (Map.Entry<Object, List<Integer>> one : byEnvironment.entrySet()) {
                if (free > 0 && giveOne(one.getKey(), one.getValue(), lanes, share, left, turn)) {
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

    /** To the environment's next lane that can take one. */
    private static boolean giveOne(
            Object environment,
            List<Integer> own,
            List<Lane> lanes,
            int[] share,
            Map<String, Integer> left,
            Map<Object, Integer> turn) {
        for (int tried = 0; tried < own.size(); tried++) {
            int next = own.get(turn.merge(environment, 1, Integer::sum) % own.size());
            Lane lane = lanes.get(next);
            boolean wants = !lane.broken() || share[next] == 0;
            if (wants && left.getOrDefault(lane.host(), 0) > 0) {
                left.merge(lane.host(), -1, Integer::sum);
                share[next]++;
                return true;
            }
        }
        return false;
    }
}
