package example;

import dev.latchkey.client.WebhookEvent;
import dev.latchkey.spring.LatchkeyConnection;
import dev.latchkey.spring.LatchkeyRestClients;
import dev.latchkey.spring.UserConnection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

@SpringBootApplication
public class IssuesApplication {
    public static void main(String[] args) {
        SpringApplication.run(IssuesApplication.class, args);
    }

    /** Calls GitHub for the user who is signed in. */
    @Bean
    RestClient github(LatchkeyRestClients latchkey) {
        return RestClient.builder().apply(latchkey.proxy("github")).build();
    }

    @RestController
    static class Pages {
        private final RestClient github;

        Pages(RestClient github) {
            this.github = github;
        }

        @GetMapping("/connect")
        ResponseEntity<Void> connect(@LatchkeyConnection("github") UserConnection connection) {
            return ResponseEntity.status(302)
                    .location(connection.authorizeUrl())
                    .build();
        }

        @GetMapping("/issues")
        String issues() {
            return String.valueOf(github.get().uri("/issues").retrieve().body(String.class));
        }
    }

    @Component
    static class Welcome {
        final List<String> users = new CopyOnWriteArrayList<>();

        @EventListener
        void connected(WebhookEvent.Connected event) {
            users.add(event.about().connectionId());
        }
    }
}
