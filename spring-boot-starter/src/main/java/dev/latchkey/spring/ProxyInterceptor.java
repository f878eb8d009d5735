package dev.latchkey.spring;

import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import java.io.InputStream;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/** Sends a request by the Latchkey client instead of the RestClient's own: through the proxy, with the client's limits. */
final class ProxyInterceptor implements ClientHttpRequestInterceptor {
    /** No host: addresses are paths. */
    static final String BASE = "https://proxied.invalid";

    private static final URI HOST = URI.create(BASE);
    /** The connection's own to set. */
    private static final Set<String> NOT_SENT = Set.of("content-length", "content-type", "host", "authorization");

    private final Function<HttpRequest, ActingFor> connections;

    ProxyInterceptor(Function<HttpRequest, ActingFor> connections) {
        this.connections = connections;
    }

    @Override
    public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution) {
        URI address = request.getURI();
        if (!TokenInterceptor.isAt(HOST, address)) {
            throw new IllegalArgumentException(
                    "a request through the proxy has a path of the provider's API, and no host: " + address.getHost());
        }
        String query = address.getRawQuery() == null ? "" : "?" + address.getRawQuery();
        ProxyRequest[] proxied = {ProxyRequest.of(request.getMethod().name(), address.getRawPath() + query)};
        HttpHeaders headers = request.getHeaders();
        headers.forEach((name, values) -> {
            if (!NOT_SENT.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> proxied[0] = proxied[0].withHeader(name, value));
            }
        });
        if (body.length > 0) {
            String type = headers.getFirst(HttpHeaders.CONTENT_TYPE);
            proxied[0] = proxied[0].withBody(type == null ? "application/octet-stream" : type, body);
        }
        return new Response(connections.apply(request).call(proxied[0]));
    }

    /** The provider's response. */
    private record Response(ProxyAnswer answer) implements ClientHttpResponse {
        @Override
        public HttpStatusCode getStatusCode() {
            return HttpStatusCode.valueOf(answer.status());
        }

        @Override
        public String getStatusText() {
            return "";
        }

        @Override
        public HttpHeaders getHeaders() {
            HttpHeaders headers = new HttpHeaders();
            answer.headers().forEach((name, values) -> values.forEach(value -> headers.add(name, value)));
            return headers;
        }

        @Override
        public InputStream getBody() {
            return answer.body();
        }

        @Override
        public void close() {
            answer.close();
        }
    }
}
