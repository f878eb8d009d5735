package dev.latchkey.server.drift;

import java.net.URI;
import java.time.Instant;
import java.util.Locale;

/** A sign that a vendor is no longer as its definition says, or soon will not be: something for a person to look at. */
public sealed interface Finding {
    /** What it means, as the end of a sentence that begins with the endpoint. */
    String words();

    /** Its name in JSON. */
    default String kind() {
        return getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /** 404 or 410. */
    record Gone(int status) implements Finding {
        @Override
        public String words() {
            return "does not exist any more: it answers " + status;
        }
    }

    /** 5xx. */
    record Failing(int status) implements Finding {
        @Override
        public String words() {
            return "fails: it answers " + status;
        }
    }

    /** A token endpoint takes no request of the method that the definition has. */
    record MethodRefused(String method) implements Finding {
        @Override
        public String words() {
            return "refuses " + method + " (405)";
        }
    }

    /** A page for people where a program expects an error. */
    record HtmlPage(int status) implements Finding {
        @Override
        public String words() {
            return "answers a page of HTML (" + status + ") where an OAuth error is due";
        }
    }

    /** Neither an OAuth error (RFC 6749 section 5.2) nor anything like one. */
    record OddAnswer(int status, String type) implements Finding {
        @Override
        public String words() {
            return "answers " + status + " (" + type + ") and no error";
        }
    }

    /** A redirect that a request for a token does not follow, or that leads users to another company's host. */
    record Elsewhere(URI to) implements Finding {
        @Override
        public String words() {
            return "redirects to " + to.getScheme() + "://" + to.getRawAuthority();
        }
    }

    /** The redirect led to another host at the last check. */
    record RedirectChanged(String before, String now) implements Finding {
        @Override
        public String words() {
            return "redirects to " + now + ", no longer to " + before;
        }
    }

    /** RFC 8594. @param when as the vendor writes it */
    record Sunset(String when) implements Finding {
        @Override
        public String words() {
            return "ends: Sunset: " + when;
        }
    }

    /** RFC 9745. @param since as the vendor writes it */
    record Deprecated(String since) implements Finding {
        @Override
        public String words() {
            return "is deprecated: Deprecation: " + since;
        }
    }

    /** No response, or none in time. */
    record Unreachable(String why) implements Finding {
        @Override
        public String words() {
            return "is unreachable: " + why;
        }
    }

    /** A certificate that is expired, for another host, or of an unknown authority. */
    record Untrusted(String why) implements Finding {
        @Override
        public String words() {
            return "is not trusted: " + why;
        }
    }

    /** It has not been renewed in time. */
    record CertificateEnds(Instant end) implements Finding {
        @Override
        public String words() {
            return "has a certificate that ends on " + end;
        }
    }

    /** Another authority has issued it than at the last check. */
    record CertificateChanged(String before, String now) implements Finding {
        @Override
        public String words() {
            return "has a certificate of " + now + ", no longer of " + before;
        }
    }

    /** The vendor's own metadata names another endpoint. @param member of RFC 8414 */
    record Moved(String member, String published) implements Finding {
        @Override
        public String words() {
            return "has the " + member + " " + published + ", by the vendor's metadata";
        }
    }

    /** The metadata lists methods of PKCE without the one that the definition has sent. */
    record WithoutPkce() implements Finding {
        @Override
        public String words() {
            return "does not list PKCE with S256, which the definition sends";
        }
    }

    /** No metadata where the definition says that there is some. */
    record Undiscoverable(String why) implements Finding {
        @Override
        public String words() {
            return "has no metadata: " + why;
        }
    }

    /** It was its turn after the time for the whole check was over. */
    record NotReached() implements Finding {
        @Override
        public String words() {
            return "was not checked: the time was over";
        }
    }
}
