package dev.latchkey.server.journeys;

import com.microsoft.playwright.Page;
import java.util.List;

/** Whether everything on a page is inside its box: measured in the browser, element by element. */
final class Boxes {
    private static final String MEASURE = """
            () => {
              const problems = [];
              const shown = (el) => {
                const text = (el.textContent || '').trim().slice(0, 40).replace(/\\s+/g, ' ');
                const classes = typeof el.className === 'string' ? el.className : '';
                return el.tagName.toLowerCase() + (el.id ? '#' + el.id : '') + (classes ? '.' + classes.trim().replace(/\\s+/g, '.') : '') + ' "' + text + '"';
              };
              const wide = document.documentElement.scrollWidth - innerWidth;
              if (wide > 0) problems.push('the page is wider than its window by ' + wide);
              const measure = document.createElement('canvas').getContext('2d');
              for (const el of document.body.querySelectorAll('*')) {
                if (el.closest('svg, option, iframe, .unseen, dialog:not([open]), noscript, script') || !el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue;
                const style = getComputedStyle(el);
                const box = el.getBoundingClientRect();
                if (box.width === 0 || box.height === 0) continue;
                // For screen readers: the titles of columns that are none on a narrow screen.
                if (el.closest('thead') && el.closest('thead').clientWidth <= 1) continue;
                if (el.tagName === 'SELECT') {
                  measure.font = style.font;
                  const text = measure.measureText(el.selectedOptions[0]?.text ?? '').width;
                  const room = el.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
                  // A name that no phone has room for is read in the list that opens.
                  if (text > room + 1 && el.selectedOptions[0].text.length <= 30) problems.push(shown(el) + ' cuts "' + el.selectedOptions[0].text + '"');
                  continue;
                }
                if (['INPUT', 'TEXTAREA', 'PRE', 'IMG', 'PROGRESS'].includes(el.tagName)) continue;
                const over = el.scrollWidth - el.clientWidth;
                if (style.display !== 'inline' && el.clientWidth > 0 && over > 1) {
                  if (style.overflowX === 'visible') {
                    problems.push(shown(el) + ' is left by its content, by ' + over);
                  } else if (style.textOverflow === 'ellipsis') {
                    if (!el.closest('[title]') && !el.querySelector('[title], .unseen')) problems.push(shown(el) + ' is cut, and has no title with all of it');
                  } else {
                    problems.push(shown(el) + (style.overflowX === 'hidden' || style.overflowX === 'clip' ? ' hides ' : ' scrolls sideways, by ') + over);
                  }
                }
                const parent = el.parentElement;
                if (style.position === 'static' && parent !== document.body && style.display !== 'inline' && getComputedStyle(parent).overflowX === 'visible' && getComputedStyle(parent).display !== 'contents') {
                  const around = parent.getBoundingClientRect();
                  if (around.width > 0 && getComputedStyle(parent).display !== 'inline' && (box.right > around.right + 1.5 || box.left < around.left - 8)) problems.push(shown(el) + ' sticks out of ' + shown(parent) + ' by ' + Math.max(box.right - around.right, around.left - box.left).toFixed(1));
                }
              }
              return problems;
            }""";

    private Boxes() {}

    /** Each with the element and what is wrong with it. */
    static List<String> problems(Page page) {
        return ((List<?>) page.evaluate(MEASURE)).stream().map(String::valueOf).toList();
    }
}
