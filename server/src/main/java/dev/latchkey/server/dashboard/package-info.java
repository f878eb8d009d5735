/** The dashboard: pages for members. Begin with {@link dev.latchkey.server.dashboard.Dashboard}. */
@NullMarked
package dev.latchkey.server.dashboard;

import org.jspecify.annotations.NullMarked;
