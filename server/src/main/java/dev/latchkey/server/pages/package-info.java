/** What every page needs: templates, static files, icons, links. */
@NullMarked
package dev.latchkey.server.pages;

import org.jspecify.annotations.NullMarked;
