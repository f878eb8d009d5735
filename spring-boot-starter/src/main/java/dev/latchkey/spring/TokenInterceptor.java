package dev.latchkey.spring;

import java.io.IOException;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/** Puts a connection's token on requests to its provider. */
final class TokenInterceptor implements ClientHttpRequestInterceptor {
    private final URI base;
    private final Function<HttpRequest, ActingFor> connections;

    TokenInterceptor(URI base, Function<HttpRequest, ActingFor> connections) {
        this.base = base;
        this.connections = connections;
    }

    @Override
    public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
            throws IOException {
        if (!isAt(base, request.getURI())) {
            return execution.execute(request, body);
        }
        ActingFor connection = connections.apply(request);
        String token = connection.token();
        request.getHeaders().setBearerAuth(token);
        ClientHttpResponse response = execution.execute(request, body);
        if (!response.getStatusCode().isSameCodeAs(HttpStatus.UNAUTHORIZED)) {
            return response;
        }
        response.close();
        request.getHeaders().setBearerAuth(connection.replaceToken(token));
        return execution.execute(request, body);
    }

    /** A path that the caller fills may lead elsewhere. */
    static boolean isAt(URI base, URI address) {
        return Objects.equals(base.getScheme(), address.getScheme())
                && base.getHost() != null
                && base.getHost().equalsIgnoreCase(address.getHost())
                && base.getPort() == address.getPort();
    }
}
