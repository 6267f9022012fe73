/** The ClientId of the father-site in LiveDistClients of each of its sons; a son's ClientId at its father is its LiveDistSiteId. */
export const FATHER_CLIENT_ID = "father-site";
