package dev.latchkey.server.simulation;

import dev.latchkey.server.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What the vendors issued, to whom, and what became of each answer: the truth that the product's database is compared with. Thread-safe. */
final class Ledger {
    private static final Pattern FORM = Pattern.compile("lab_(?:refresh|access)_([A-Za-z0-9_-]+)\\.[A-Za-z0-9_-]+");

    /** What is known of an answer's arrival. */
    enum Receipt {
        /** The vendor has issued it; it is not on its way yet. */
        HELD,
        /** Written whole to a node that ran on. */
        ANSWERED,
        /** Seen in the database, or in an answer to a reader: whatever comes, it may not get lost any more. */
        KEPT,
        /** Written, and its node was killed before anybody could see whether it was kept. */
        IN_DOUBT,
        /** Never written, or not whole. */
        LOST
    }

    /** A refresh or access token, as the lab writes it. */
    record Token(String id, String family) {
        /** @throws IllegalArgumentException when the lab did not write it */
        static Token of(String token) {
            Matcher claims = FORM.matcher(token);
            if (!claims.matches()) {
                throw new IllegalArgumentException("not a token of the lab");
            }
            JsonNode json = Json.MAPPER.readTree(Base64.getUrlDecoder().decode(claims.group(1)));
            return new Token(json.path("i").asString(), json.path("f").asString());
        }
    }

    /** One refresh that the vendor granted. */
    static final class Grant {
        final int number;
        final Token presented;
        final Token issued;
        final String accessToken;
        final int node;
        private Receipt receipt;

        private Grant(int number, Token presented, Token issued, String accessToken, int node, Receipt receipt) {
            this.receipt = receipt;
            this.number = number;
            this.presented = presented;
            this.issued = issued;
            this.accessToken = accessToken;
            this.node = node;
        }

        @Override
        public String toString() {
            return "#" + number + " " + presented.id() + " -> " + issued.id() + " " + receipt + " (node " + node + ")";
        }
    }

    private final List<Grant> grants = new ArrayList<>();
    private final Map<String, Grant> byAccessToken = new HashMap<>();
    /** By node, its last life that is over. */
    private final Map<Integer, Integer> dead = new HashMap<>();

    /** By access token. */
    private final Map<String, Instant> ends = new HashMap<>();

    private final Map<String, Instant> answered = new HashMap<>();
    private final Set<String> ended = new HashSet<>();
    /** By family, the first token that the vendor refused. */
    private final Map<String, Token> refused = new HashMap<>();

    /** @param life in which the node asked; if it is over, no process can get the response */
    synchronized Grant granted(Token presented, String refreshToken, String accessToken, int node, int life) {
        Grant grant = new Grant(
                grants.size() + 1,
                presented,
                Token.of(refreshToken),
                accessToken,
                node,
                life > dead.getOrDefault(node, 0) ? Receipt.HELD : Receipt.LOST);
        grants.add(grant);
        byAccessToken.put(accessToken, grant);
        return grant;
    }

    /** A user has connected, and the product is informed that the access token lives for so long. */
    synchronized void imported(JsonNode tokens, Duration lifetime) {
        ends.put(tokens.path("access_token").asString(), Instant.now().plus(lifetime));
    }

    /** When the token is over, as far as that is known. */
    synchronized Optional<Instant> endOf(String accessToken) {
        return Optional.ofNullable(ends.get(accessToken));
    }

    /** When a vendor's answer with it was written. */
    synchronized Optional<Instant> answeredAt(String accessToken) {
        return Optional.ofNullable(answered.get(accessToken));
    }

    /**
     * @param lifetime of the access token, as the answer says
     * @return false when its node died while the answer was held: then it must not be written
     */
    synchronized boolean answer(Grant grant, Duration lifetime) {
        if (grant.receipt != Receipt.HELD) {
            return false;
        }
        Instant now = Instant.now();
        answered.put(grant.accessToken, now);
        ends.put(grant.accessToken, now.plus(lifetime));
        grant.receipt = Receipt.ANSWERED;
        return true;
    }

    /** Cut on purpose, or its node did not take it. */
    synchronized void lost(Grant grant) {
        if (grant.receipt != Receipt.KEPT) {
            grant.receipt = Receipt.LOST;
        }
    }

    /** The node's process is gone, with what it had in memory. @param life which process that was */
    synchronized void killed(int node, int life) {
        dead.put(node, life);
        for (Grant grant : grants) {
            if (grant.node == node) {
                grant.receipt = switch (grant.receipt) {
                    case HELD -> Receipt.LOST;
                    case ANSWERED -> Receipt.IN_DOUBT;
                    case KEPT, IN_DOUBT, LOST -> grant.receipt;
                };
            }
        }
    }

    synchronized void seenByReader(String accessToken) {
        Optional.ofNullable(byAccessToken.get(accessToken)).ifPresent(Ledger::keep);
    }

    synchronized void seenInDatabase(Token stored) {
        grants.stream().filter(grant -> grant.issued.equals(stored)).forEach(Ledger::keep);
    }

    private static void keep(Grant grant) {
        if (grant.receipt != Receipt.LOST) {
            grant.receipt = Receipt.KEPT;
        }
    }

    /** The vendor has refused the token, and every other of its family with it. */
    synchronized void refused(Token presented) {
        ended.add(presented.family());
        refused.putIfAbsent(presented.family(), presented);
    }

    synchronized Optional<Token> refused(String family) {
        return Optional.ofNullable(refused.get(family));
    }

    /** The user has ended it at the vendor. */
    synchronized void revoked(String family) {
        ended.add(family);
    }

    synchronized boolean hasEnded(String family) {
        return ended.contains(family);
    }

    synchronized Receipt receipt(Grant grant) {
        return grant.receipt;
    }

    /** How many there are so far; they are numbered from 1. */
    synchronized int grants() {
        return grants.size();
    }

    /** The family's grants, the oldest first. */
    synchronized List<Grant> of(String family) {
        return grants.stream()
                .filter(grant -> grant.issued.family().equals(family))
                .toList();
    }

    synchronized Optional<Grant> byAccessToken(String accessToken) {
        return Optional.ofNullable(byAccessToken.get(accessToken));
    }
}
