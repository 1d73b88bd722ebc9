RENAME TABLE `orders` TO `bookings`;
