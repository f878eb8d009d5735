package dev.latchkey.lab;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The provider lab: plays the catalogue's providers from their own definitions, so that a user can be connected offline and
 * without an app registered anywhere. It is a strict vendor: what a definition declares is required. Codes and tokens are signed and
 * self-contained, so they survive a restart; rotations, revocations and expiries on demand are kept in memory, bounded, and lost with
 * the process. Thread-safe.
 */
public final class Lab {
    private static final String BELOW = "/lab/" + "*";
    private static final int MAX_BODY_BYTES = 256 * 1024;

    private final Catalogue catalogue;
    private final Function<String, Optional<Provider>> more;
    private final URI base;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Map<String, Vendor> vendors = new ConcurrentHashMap<>();
    private final ControlApi control;
    private final IndexPage index;
    private final byte[] style;

    /** @param base the address that browsers see; a slash at its end does not count */
    public Lab(Catalogue catalogue, URI base, InstantSource clock, SecureRandom random) {
        this(catalogue, stage -> Optional.empty(), base, clock, random);
    }

    /**
     * Each provider is played by a name: its id, for those of the catalogue.
     *
     * @param more providers beside the catalogue's, by the name that each is played by: one path segment, and not an id. The provider
     *     behind it may change
     */
    public Lab(
            Catalogue catalogue,
            Function<String, Optional<Provider>> more,
            URI base,
            InstantSource clock,
            SecureRandom random) {
        this.catalogue = catalogue;
        this.more = more;
        this.base = URI.create(base.toString().replaceFirst("/+$", ""));
        this.clock = clock;
        this.random = random;
        this.control = new ControlApi(stage -> find(stage).filter(Lab::plays).map(provider -> vendor(stage, provider)));
        this.index = new IndexPage(this.base);
        this.style = style();
    }

    /**
     * The credentials of the app that is registered at a provider; the same for every process.
     *
     * @throws IllegalArgumentException when the catalogue has no such provider
     */
    public LabApp app(String providerId) {
        return LabApp.of(find(providerId)
                .orElseThrow(() -> new IllegalArgumentException("the catalogue has no provider '" + providerId + "'")));
    }

    /**
     * Where the lab plays a vendor's address: {@code https://github.com/login/oauth/authorize?x=1} is
     * {@code {base}/lab/github/github.com/login/oauth/authorize?x=1}. The query stays as it is written.
     *
     * @param stage the name that the provider is played by
     * @throws IllegalArgumentException when there is no such provider, or the address has no host
     */
    public URI locate(String stage, URI vendorUrl) {
        known(stage);
        if (vendorUrl.getHost() == null) {
            throw new IllegalArgumentException("the vendor's address has no host");
        }
        String host =
                vendorUrl.getHost().toLowerCase(Locale.ROOT).replace("[", "%5B").replace("]", "%5D");
        StringBuilder located = new StringBuilder()
                .append(base)
                .append("/lab/")
                .append(stage)
                .append('/')
                .append(host)
                .append(vendorUrl.getPort() < 0 ? "" : ":" + vendorUrl.getPort())
                .append(vendorUrl.getRawPath());
        Optional.ofNullable(vendorUrl.getRawQuery())
                .or(() -> queryInFragment(vendorUrl))
                .ifPresent(query -> located.append('?').append(query));
        return URI.create(located.toString());
    }

    /** A vendor whose page is a single-page app takes its query behind the fragment, which no server would see. */
    private static Optional<String> queryInFragment(URI vendorUrl) {
        return Optional.ofNullable(vendorUrl.getRawFragment())
                .filter(fragment -> fragment.indexOf('?') >= 0)
                .map(fragment -> fragment.substring(fragment.indexOf('?') + 1));
    }

    /** Whether the lab can play this provider, for any catalogue. */
    public static boolean plays(Provider provider) {
        return Vendor.unplayed(provider).isEmpty();
    }

    private Optional<Provider> find(String stage) {
        return catalogue.find(stage).or(() -> more.apply(stage));
    }

    private void known(String stage) {
        if (find(stage).isEmpty()) {
            throw new IllegalArgumentException("the catalogue has no provider '" + stage + "'");
        }
    }

    /** Registers everything below {@code /lab}; any caller that reaches it may use the controls. */
    public void route(HttpRules routing) {
        route(routing, request -> true);
    }

    /** Registers everything below {@code /lab}. @param mayControl whether a request may use {@code /lab/api} */
    public void route(HttpRules routing, Predicate<ServerRequest> mayControl) {
        Handler serve = (request, response) -> serve(request, response, mayControl);
        routing.any("/lab", serve);
        routing.any(BELOW, serve);
    }

    /** Method and path of everything that {@code mayControl} decides on. */
    public static List<String> controls() {
        return ControlApi.OPERATIONS.keySet().stream()
                .map(operation -> operation.replace(" ", " /lab/api/{provider}"))
                .toList();
    }

    private void serve(ServerRequest request, ServerResponse response, Predicate<ServerRequest> mayControl)
            throws IOException {
        Optional<Answer> answer;
        try {
            answer = answer(request, mayControl);
        } catch (LabRequest.MalformedException e) {
            answer = Optional.of(Answer.error(400, "invalid_request", String.valueOf(e.getMessage())));
        }
        if (answer.isEmpty()) {
            throw new CloseConnectionException("the lab cuts the connection on demand");
        }
        // Cookies stand one to a line.
        answer.get()
                .headers()
                .forEach((name, value) -> response.headers()
                        .set(HeaderValues.create(name, value.lines().toArray(String[]::new))));
        response.status(answer.get().status()).send(answer.get().body());
    }

    private Optional<Answer> answer(ServerRequest request, Predicate<ServerRequest> mayControl) throws IOException {
        String path = request.prologue().uriPath().rawPath();
        String below = path.length() <= "/lab/".length() ? "" : path.substring("/lab/".length());
        byte[] body = body(request);
        if (body.length > MAX_BODY_BYTES) {
            return Optional.of(Answer.error(413, "invalid_request", "The body is too large."));
        }
        Map<String, String> headers = new LinkedHashMap<>();
        request.headers().forEach(header -> headers.put(header.headerName().lowerCase(), header.get()));
        int slash = below.indexOf('/');
        String first = slash < 0 ? below : below.substring(0, slash);
        String rest = slash < 0 ? "" : below.substring(slash + 1);
        LabRequest one = new LabRequest(
                request.prologue().method().text(),
                rest,
                request.prologue().query().rawValue(),
                headers,
                body);
        return switch (below) {
            case "" ->
                Optional.of(Answer.page(
                        200,
                        index.html(catalogue.all().stream().filter(Lab::plays).toList()),
                        "ok"));
            case "assets/lab.css" -> Optional.of(stylesheet());
            default ->
                !first.equals("api")
                        ? vendor(first, one)
                        : Optional.of(
                                mayControl.test(request)
                                        ? control.answer(rest, one)
                                        : Answer.error(403, "forbidden", ControlApi.NOT_FOR_STRANGERS));
        };
    }

    private static byte[] body(ServerRequest request) throws IOException {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try (InputStream stream = request.content().inputStream()) {
            return stream.readNBytes(MAX_BODY_BYTES + 1);
        } catch (DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the body broke off", e);
        }
    }

    private Answer stylesheet() {
        return new Answer(
                200, Map.of("content-type", "text/css; charset=utf-8", "cache-control", "max-age=300"), style, "ok");
    }

    private Optional<Answer> vendor(String stage, LabRequest request) {
        Optional<Provider> provider = find(stage);
        if (provider.isEmpty()) {
            return Optional.of(Answer.error(404, "not_found", "The catalogue has no such provider."));
        }
        Optional<String> unplayed = Vendor.unplayed(provider.get());
        return unplayed.isPresent()
                ? Optional.of(Answer.error(501, "not_played", unplayed.get()))
                : vendor(stage, provider.get()).answer(request);
    }

    /** Created on first use: it keeps the state of its grants even when its definition changes. */
    private Vendor vendor(String stage, Provider provider) {
        Vendor known = vendors.get(stage);
        return known != null && known.defined() == provider
                ? known
                : vendors.compute(
                        stage,
                        (name, before) -> before == null
                                ? new Vendor(stage, provider, base, clock, random)
                                : before.as(provider));
    }

    private static byte[] style() {
        try (InputStream stream = Lab.class.getResourceAsStream("lab.css")) {
            if (stream == null) {
                throw new IllegalStateException("lab.css is not on the class path");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
