package dev.latchkey.catalogue.reader;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** What an author probably meant by a word that is unknown. */
public final class Nearest {
    private Nearest() {}

    /** That a key is unknown, which one was probably meant, and which there are. */
    static String unknownKey(String key, Collection<String> known) {
        String there = String.join(", ", new TreeSet<>(known));
        return "'" + key + "' is not known here" + question(key, known)
                + (there.isEmpty() ? "" : separator(key, known) + "known are " + there);
    }

    private static String separator(String unknown, Collection<String> known) {
        return of(unknown, known).isEmpty() ? "; " : " ";
    }

    /**
     * The known words that the unknown one begins, or otherwise those with the fewest edits between, if these are few enough to be a
     * slip; as a question, empty if none is near.
     */
    public static String question(String unknown, Collection<String> known) {
        List<String> near = of(unknown, known);
        return near.isEmpty() ? "" : "; did you mean '" + String.join("' or '", near) + "'?";
    }

    static List<String> of(String unknown, Collection<String> known) {
        List<String> begun = known.stream()
                .filter(word -> unknown.length() >= 3 && word.startsWith(unknown))
                .sorted()
                .toList();
        if (!begun.isEmpty()) {
            return begun;
        }
        int least = known.stream().mapToInt(word -> edits(unknown, word)).min().orElse(Integer.MAX_VALUE);
        return least > Math.max(1, unknown.length() / 3)
                ? List.of()
                : known.stream()
                        .filter(word -> edits(unknown, word) == least)
                        .sorted()
                        .toList();
    }

    /** Letters added, left out, replaced, or exchanged with their neighbour; of short words: a long one is no slip. */
    private static int edits(String one, String other) {
        if (Math.abs(one.length() - other.length()) > 4 || one.length() > 60) {
            return Integer.MAX_VALUE;
        }
        int[][] cost = new int[one.length() + 1][other.length() + 1];
        for (int row = 0; row <= one.length(); row++) {
            for (int column = 0; column <= other.length(); column++) {
                if (row == 0 || column == 0) {
                    cost[row][column] = row + column;
                    continue;
                }
                int same = one.charAt(row - 1) == other.charAt(column - 1) ? 0 : 1;
                cost[row][column] = Math.min(
                        cost[row - 1][column - 1] + same, 1 + Math.min(cost[row - 1][column], cost[row][column - 1]));
                boolean exchanged = row > 1
                        && column > 1
                        && one.charAt(row - 1) == other.charAt(column - 2)
                        && one.charAt(row - 2) == other.charAt(column - 1);
                if (exchanged) {
                    cost[row][column] = Math.min(cost[row][column], cost[row - 2][column - 2] + 1);
                }
            }
        }
        return cost[one.length()][other.length()];
    }
}
