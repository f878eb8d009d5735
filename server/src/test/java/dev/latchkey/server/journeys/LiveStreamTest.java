package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.DashboardSignInTest.Visitor;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** F23: a page that keeps running ends with the right that let it begin. */
class LiveStreamTest {
    private static final String PASSWORD = "correct horse battery";
    /** What is promised: a check at least every twenty seconds, and time for a busy machine. */
    private static final Duration PROMISED = Duration.ofSeconds(25);

    private static final Pattern INVITATION = Pattern.compile("/dashboard/join#([A-Za-z0-9_-]{43})");
    private static final Pattern MEMBER = Pattern.compile("/dashboard/team/([0-9a-f-]{36})");

    /** Each way in which the right to see an environment's pages ends. */
    private enum End {
        SIGN_OUT {
            @Override
            void happen(Scene scene, Watcher watcher) throws Exception {
                watcher.visitor.post("/dashboard/sign-out", Map.of(), "/dashboard/" + watcher.environment);
            }
        },
        OWN_PASSWORD_CHANGED_ELSEWHERE {
            @Override
            void happen(Scene scene, Watcher watcher) throws Exception {
                Visitor elsewhere = scene.signIn(watcher.email);
                elsewhere.post(
                        "/dashboard/account",
                        Map.of("old", PASSWORD, "password", "another good password"),
                        "/dashboard/account");
            }
        },
        PASSWORD_SET_BY_LINK {
            @Override
            void happen(Scene scene, Watcher watcher) throws Exception {
                HttpResponse<String> page = scene.owner.followed("/dashboard/team/" + watcher.id + "/link", Map.of());
                scene.join(page.body());
            }
        },
        DEMOTED_OUT_OF_THE_ENVIRONMENT {
            @Override
            void happen(Scene scene, Watcher watcher) throws Exception {
                scene.owner.post("/dashboard/team/" + watcher.id, Map.of("role", "support"), "/dashboard/team");
            }
        },
        REMOVED {
            @Override
            void happen(Scene scene, Watcher watcher) throws Exception {
                scene.owner.post("/dashboard/team/" + watcher.id + "/remove", Map.of(), "/dashboard/team");
            }
        },
        ENVIRONMENT_DELETED {
            @Override
            void happen(Scene scene, Watcher watcher) throws Exception {
                scene.owner.post(
                        "/dashboard/" + watcher.environment + "/delete",
                        Map.of("name", watcher.environment),
                        "/dashboard/environments");
            }
        },
        SESSION_EXPIRED {
            @Override
            void happen(Scene scene, Watcher watcher) {
                scene.sql("UPDATE dashboard_sessions SET expires_at = now() - interval '1 second'", watcher);
            }
        },
        SESSION_IDLE {
            @Override
            void happen(Scene scene, Watcher watcher) {
                scene.sql("UPDATE dashboard_sessions SET seen_at = now() - interval '121 minutes'", watcher);
            }
        };

        abstract void happen(Scene scene, Watcher watcher) throws Exception;
    }

    @Test
    void d4_aLiveStreamEndsWithSessionMemberRightOrEnvironment() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Scene scene = new Scene(latchkey);
            List<Watcher> watchers = new ArrayList<>();
            for (End end : End.values()) {
                watchers.add(scene.watcher(end));
            }
            Watcher stays = scene.watcher("stays", "env-stays");
            List<Watcher> all =
                    Stream.concat(watchers.stream(), Stream.of(stays)).toList();
            scene.log(all, "before");
            all.forEach(watcher -> await().atMost(PROMISED).until(() -> watcher.sees("before")));
            long touched = scene.seenAt(stays);

            for (int i = 0; i < watchers.size(); i++) {
                End.values()[i].happen(scene, watchers.get(i));
            }

            // Half of them get an event at once, half would get none.
            List<Watcher> half = IntStream.range(0, watchers.size())
                    .filter(i -> i % 2 == 0)
                    .mapToObj(watchers::get)
                    .toList();
            scene.log(half, "after");
            for (int i = 0; i < watchers.size(); i++) {
                Watcher watcher = watchers.get(i);
                await(End.values()[i] + " ends the stream").atMost(PROMISED).until(watcher::hasEnded);
            }
            scene.log(List.of(stays), "after");
            await().atMost(PROMISED).until(() -> stays.sees("after"));
            assertThat(stays.hasEnded()).isFalse();
            assertThat(watchers).isNotEmpty().noneMatch(watcher -> watcher.sees("after"));
            assertThat(scene.seenAt(stays))
                    .as("an open page does not keep its session from ending for idleness")
                    .isEqualTo(touched);
        }
    }

    @Test
    void d3_oneAddressHoldsOnlySoManyStreams() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Visitor owner = new Visitor(latchkey.address);
            owner.post("/dashboard/sign-in", Map.of("password", PASSWORD));
            List<HttpResponse<Stream<String>>> streams = new ArrayList<>();
            for (int i = 0; i < 31; i++) {
                streams.add(owner.lines("/dashboard/dev/logs/live"));
            }

            assertThat(streams.stream().filter(one -> one.statusCode() == 200)).hasSize(30);
            assertThat(streams.getLast().statusCode()).isEqualTo(429);
            streams.forEach(one -> one.body().close());
        }
    }

    /** A visitor with the live log open. */
    private static final class Watcher {
        final Visitor visitor;
        final String email;
        final String environment;
        final String id;
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private volatile boolean ended;

        Watcher(Visitor visitor, String email, String environment, String id) throws Exception {
            this.visitor = visitor;
            this.email = email;
            this.environment = environment;
            this.id = id;
            HttpResponse<Stream<String>> answer = visitor.lines("/dashboard/" + environment + "/logs/live");
            assertThat(answer.statusCode()).isEqualTo(200);
            Thread.ofVirtual().start(() -> {
                try (Stream<String> all = answer.body()) {
                    all.forEach(lines::add);
                } catch (RuntimeException e) {
                    // An end without a goodbye is an end.
                }
                ended = true;
            });
        }

        boolean sees(String word) {
            return lines.stream().anyMatch(line -> line.contains(word + "-" + environment));
        }

        boolean hasEnded() {
            return ended;
        }
    }

    /** The owner, who makes an environment and a member for each watcher. */
    private static final class Scene {
        final Latchkey latchkey;
        final Visitor owner;
        private final Map<String, String> keys = new HashMap<>();

        Scene(Latchkey latchkey) throws Exception {
            this.latchkey = latchkey;
            this.owner = new Visitor(latchkey.address);
            owner.post("/dashboard/sign-in", Map.of("password", PASSWORD));
        }

        Watcher watcher(End end) throws Exception {
            String name = end.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            return watcher(name, "env-" + name.substring(0, Math.min(name.length(), 20)));
        }

        Watcher watcher(String name, String environment) throws Exception {
            Matcher key = Pattern.compile("lk_[A-Za-z0-9_-]{32,}")
                    .matcher(owner.followed("/dashboard/environments", Map.of("name", environment))
                            .body());
            assertThat(key.find()).isTrue();
            keys.put(environment, key.group());
            String email = name + "@example.com";
            String page = owner.followed(
                            "/dashboard/team",
                            Map.of("email", email, "role", "developer", "environment." + environment, "see"))
                    .body();
            int dialog = page.indexOf("<h2>" + email + "</h2>");
            assertThat(dialog).isPositive();
            Matcher ids = MEMBER.matcher(page.substring(page.lastIndexOf("<dialog", dialog), dialog));
            assertThat(ids.find()).isTrue();
            return new Watcher(join(page), email, environment, ids.group(1));
        }

        Visitor join(String page) throws Exception {
            Matcher token = INVITATION.matcher(page);
            assertThat(token.find()).isTrue();
            Visitor visitor = new Visitor(latchkey.address);
            assertThat(visitor.post("/dashboard/join", Map.of("token", token.group(1), "password", PASSWORD))
                            .statusCode())
                    .isEqualTo(303);
            return visitor;
        }

        Visitor signIn(String email) throws Exception {
            Visitor visitor = new Visitor(latchkey.address);
            visitor.post("/dashboard/sign-in", Map.of("email", email, "password", PASSWORD));
            return visitor;
        }

        void log(List<Watcher> watchers, String word) {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                watchers.forEach(watcher -> threads.execute(() -> log(watcher, word)));
            }
        }

        /** A line in the log of the watcher's environment, unless that is gone. */
        private void log(Watcher watcher, String word) {
            String authorization = "Bearer " + keys.get(watcher.environment);
            String name = word + "-" + watcher.environment;
            latchkey.sendAs(authorization, "POST", "/integrations", """
                    {"provider": "github", "unique_key": "%s", "lab": true}""".formatted(name));
            latchkey.sendAs(authorization, "POST", "/connections", """
                    {"provider_config_key": "%1$s", "connection_id": "%1$s", "credentials": {"type": "OAUTH2", "access_token": "at",
                     "refresh_token": "rt-that-nobody-knows", "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(name));
            latchkey.sendAs(authorization, "GET", "/connections/" + name + "?provider_config_key=" + name, "");
        }

        void sql(String update, Watcher watcher) {
            assertThat(latchkey.sql(update + " WHERE member_id = '" + watcher.id + "'"))
                    .isPositive();
        }

        long seenAt(Watcher watcher) {
            return latchkey.ask(
                    "SELECT (extract(epoch FROM max(seen_at)) * 1000)::bigint FROM dashboard_sessions WHERE member_id = '"
                            + watcher.id + "'");
        }
    }
}
