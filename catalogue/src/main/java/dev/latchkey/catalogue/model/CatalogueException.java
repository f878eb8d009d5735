package dev.latchkey.catalogue.model;

import java.util.List;

/** The definitions are wrong; each problem names file, line and what to write instead. */
public final class CatalogueException extends RuntimeException {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial")
    private final List<Problem> problems;

    /**
     * @param line counted from 1; 0 for the whole file
     * @param path the keys that lead there, from the outside in
     */
    public record Problem(String file, int line, List<String> path, String message) {
        public Problem(String file, int line, String message) {
            this(file, line, List.of(), message);
        }

        @Override
        public String toString() {
            return file + ":" + line + ": " + message;
        }
    }

    public CatalogueException(List<Problem> problems) {
        super(String.join("\n", problems.stream().map(Problem::toString).toList()));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
