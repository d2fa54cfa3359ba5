/** moment with all of its languages in one file, which it ships without types of its own. */
declare module "moment/min/moment-with-locales.js" {
  import moment from "moment";
  export = moment;
}
