import "./style.css";

export const metadata = { title: "Documents", icons: "data:," };

export default function Layout({ children }: LayoutProps<"/">) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
