/** HTTP mechanics shared by every route: registering, limits, reading requests within bounds, error responses, headers. Begin with {@link dev.latchkey.server.http.Router}. */
@NullMarked
package dev.latchkey.server.http;

import org.jspecify.annotations.NullMarked;
