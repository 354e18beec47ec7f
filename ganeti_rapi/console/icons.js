// Line drawings of 20 by 20, as the paths of SVG.

import { s } from "./dom.js";

const PATHS = {
  overview: "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z",
  instances: "M3 4h14v9H3zM7 17h6M10 13v4",
  nodes: "M3 3h14v6H3zM3 11h14v6H3zM6 6h.01M6 14h.01",
  groups: "M10 2l7 4-7 4-7-4zM3 10l7 4 7-4M3 14l7 4 7-4",
  networks: "M10 3v4M10 7H4v4M10 7h6v4M2 11h4v5H2zM14 11h4v5h-4zM8 11h4v5H8zM10 7v4",
  jobs: "M4 5h12M4 10h12M4 15h8",
  filters: "M3 4h14l-5.500 6v6l-3-1.500V10z",
  cluster: "M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 2v2.500M10 15.500V18M2 10h2.500M15.500 10H18M4.300 4.300l1.800 1.800M13.900 13.900l1.800 1.800M15.700 4.300l-1.800 1.800M6.100 13.900l-1.800 1.800",
  reference: "M5 3h9l2 2v12H5zM8 8h5M8 11h5M8 14h3",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4",
  start: "M6 4l10 6-10 6z",
  stop: "M5 5h10v10H5z",
  restart: "M15.500 6A6.500 6.500 0 1 0 16.500 11M16 2.500V6.500h-4",
  migrate: "M3 7h12l-3-3M17 13H5l3 3",
  plus: "M10 4v12M4 10h12",
  more: "M4.500 10h.01M10 10h.01M15.500 10h.01",
  theme: "M16 12.500A6.500 6.500 0 0 1 7.500 4 6.500 6.500 0 1 0 16 12.500z",
  user: "M10 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 17c0-3 3-5 6-5s6 2 6 5",
  out: "M8 4H4v12h4M12 7l3 3-3 3M15 10H8",
  close: "M5 5l10 10M15 5L5 15",
  up: "M5 12l5-5 5 5",
  down: "M5 8l5 5 5-5",
  tag: "M3 3h6l8 8-6 6-8-8zM6.500 6.500h.01",
  warning: "M10 3l8 14H2zM10 8v4M10 14.500h.01",
  copy: "M7 7h9v10H7zM4 13V3h9",
  columns: "M3 4h14v12H3zM8 4v12M13 4v12",
  menu: "M3 6h14M3 10h14M3 14h14",
  console: "M3 4h14v12H3zM6 8l2.500 2L6 12M10 13h4",
};

export const icon = (name) =>
  s("svg", { viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" }, s("path", { d: PATHS[name] }));
