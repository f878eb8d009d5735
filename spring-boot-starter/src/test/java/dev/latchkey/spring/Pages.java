package dev.latchkey.spring;

import dev.latchkey.client.Connection;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Optional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/** The example's pages in Spring MVC. */
@RestController
class Pages {
    private final Latchkey latchkey;
    private final RestClient proxied;
    private final LatchkeyRestClients clients;

    Pages(Latchkey latchkey, LatchkeyRestClients clients) {
        this.latchkey = latchkey;
        this.clients = clients;
        this.proxied = RestClient.builder().apply(clients.proxy("github")).build();
    }

    @GetMapping("/token")
    String token(@LatchkeyConnection("github") UserConnection github) {
        return github.token();
    }

    @GetMapping("/provider")
    String provider(@LatchkeyConnection("github") Connection github) {
        return github.provider();
    }

    @GetMapping("/call")
    String call(@LatchkeyConnection("github") UserConnection github) {
        try (ProxyAnswer answer = github.call(ProxyRequest.get("/user"))) {
            return answer.text();
        }
    }

    @GetMapping("/proxied")
    String proxied(@RequestParam Optional<String> of, HttpServletRequest request) {
        RestClient.RequestHeadersSpec<?> call = proxied.get().uri("/user?tab=1").header("X-Trace", "t1");
        of.ifPresent(id -> call.attributes(LatchkeyRestClients.connection(id)));
        return String.valueOf(call.retrieve().body(String.class));
    }

    @GetMapping("/direct")
    String direct(@RequestParam URI api, @RequestParam URI to) {
        RestClient client =
                RestClient.builder().apply(clients.token("github", api)).build();
        return String.valueOf(client.get().uri(to).retrieve().body(String.class));
    }

    /** Of another than the current user. */
    @GetMapping("/shared")
    String shared() {
        return latchkey.getToken("github", "shared");
    }
}
