package dev.latchkey.lab;

import java.util.List;
import java.util.Optional;

/**
 * The users of the lab; each has an account at every provider.
 *
 * @param key how forms and the control API name them
 */
record TestUser(String key, int number, String name, String email) {
    static final List<TestUser> ALL = List.of(
            new TestUser("ada", 1, "Ada Lovelace", "ada@lab.example"),
            new TestUser("grace", 2, "Grace Hopper", "grace@lab.example"),
            new TestUser("alan", 3, "Alan Turing", "alan@lab.example"));

    /** The account used without a person: for keys, and for clients that act for themselves. */
    static TestUser first() {
        return ALL.getFirst();
    }

    static Optional<TestUser> find(String key) {
        return ALL.stream().filter(user -> user.key().equals(key)).findFirst();
    }

    String id() {
        return "lab-user-" + number;
    }
}
