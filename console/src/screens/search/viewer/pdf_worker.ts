// pdf.js reads PDFs apart from the page, so that a hostile one cannot stop the page. It starts by itself.
import "pdfjs-dist/worker";
